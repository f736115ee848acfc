import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliCommand } from '../cli-command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { Flag, PLATFORMS } from '../flag.ts';
import { guessBuild } from '../project-guess.ts';
import { ask } from '../prompt.ts';
import { isRecord } from '../setting-sources.ts';
import { PROJECT_FILE, readObject } from '../settings-files.ts';

interface InitFlags {
  readonly command?: string;
  readonly artifact?: string;
  readonly platform?: string;
  readonly force?: boolean;
}

export function addInit(parent: CliCommand): void {
  parent
    .command('init')
    .description(`write this folder's ${PROJECT_FILE}: how it is built, and where; asks for what no flag says`)
    .option('--command <command>', 'what builds it')
    .option('--artifact <path>', 'the file, folder or pattern that is the result')
    .addOption(new Flag('--platform <platform>', 'what "submit" is to build for').choices(PLATFORMS))
    .option('--force', 'change the file that is there')
    .example('buildlatch init', 'asks on a terminal; elsewhere it takes what it knows of the folder')
    .example('buildlatch init --force --command "make app" --artifact out/app.ipa --platform ios', 'says it all')
    .runs(init);
}

async function init(context: CommandContext, flags: InitFlags): Promise<number> {
  const { io, screen, isJson } = context;
  const path = join(io.cwd, PROJECT_FILE);
  const before = await readObject(path, PROJECT_FILE);
  if (before !== undefined && flags.force !== true)
    throw new UsageError(`${PROJECT_FILE} exists: change it with --force`);
  const answers = await complete(context, flags, before);
  const cliBefore = isRecord(before?.['cli']) ? before['cli'] : {};
  const submit = isRecord(cliBefore['submit']) ? cliBefore['submit'] : {};
  const cli = {
    ...cliBefore,
    ...(answers.url !== '' && { url: answers.url }),
    ...(answers.platform !== '' && { submit: { ...submit, platform: answers.platform } }),
  };
  const { command, artifact } = answers;
  const content = { ...before, command, artifact, ...(Object.keys(cli).length > 0 && { cli }) };
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
  if (isJson) screen.json({ path, ...content });
  else screen.data(path);
  screen.note(`Wrote ${PROJECT_FILE}. Next: buildlatch login, then buildlatch submit`);
  return EXIT.ok;
}

interface Answers {
  readonly command: string;
  readonly artifact: string;
  readonly platform: string;
  readonly url: string;
}

async function complete({ io, screen, settings }: CommandContext, flags: InitFlags, before?: object): Promise<Answers> {
  const guess = { ...(await guessBuild(io.cwd)), ...before };
  const urlBefore = settings.isUrlDefault ? '' : settings.baseUrl;
  if (!io.stdin.isTTY) {
    const { command = guess.command, artifact = guess.artifact, platform = '' } = flags;
    if (!command || !artifact) throw new UsageError('nothing here says how it is built: give --command and --artifact');
    return { command, artifact, platform, url: urlBefore };
  }
  if (guess.kind !== undefined) screen.note(`This is ${guess.kind}.`);
  const command = flags.command ?? (await askUntil(io, 'Command that builds it', guess.command));
  const artifact = flags.artifact ?? (await askUntil(io, 'File, folder or pattern of the result', guess.artifact));
  const platform = flags.platform ?? (await askPlatform(io));
  const url = settings.isUrlDefault ? await ask(io, 'Address of the controller (empty: each user’s own)') : urlBefore;
  return { command, artifact, platform, url };
}

async function askUntil(io: CommandContext['io'], question: string, otherwise?: string): Promise<string> {
  for (;;) {
    const answer = await ask(io, question, otherwise);
    if (answer !== '') return answer;
  }
}

async function askPlatform(io: CommandContext['io']): Promise<string> {
  const known: readonly string[] = ['', ...PLATFORMS];
  for (;;) {
    const answer = await ask(io, `Platform to build for, ${PLATFORMS.join(' or ')} (empty: say it each time)`);
    if (known.includes(answer)) return answer;
  }
}
