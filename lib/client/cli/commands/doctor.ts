import type { CliCommand } from '../cli-command.ts';
import type { CommandContext } from '../context.ts';
import { examine, type Finding } from '../doctor-checks.ts';
import { EXIT } from '../exit-codes.ts';

export function addDoctor(parent: CliCommand): void {
  parent
    .command('doctor')
    .description('tell what is configured, reachable and permitted from here, and what is wrong')
    .example('buildlatch doctor', 'exits 1 if something is wrong')
    .runs(doctor);
}

/** Tells what is configured, reachable and permitted from here, line by line as it finds out. */
async function doctor(context: CommandContext): Promise<number> {
  const checks: Finding[] = [];
  for await (const finding of examine(context)) {
    checks.push(finding);
    if (!context.isJson) context.screen.data(lineOf(finding));
  }
  const isWell = checks.every(({ mark }) => mark !== 'fail');
  if (context.isJson) context.screen.json({ url: context.settings.baseUrl, ok: isWell, checks });
  return isWell ? EXIT.ok : EXIT.faultFound;
}

function lineOf({ check, mark, says, todo }: Finding): string {
  return `${mark.padEnd(4)}  ${check.padEnd(12)}  ${says}${todo === undefined ? '' : `: ${todo}`}`;
}
