import { type Setting, settingRefusal } from '../../lib/runtime/settings.ts';
import { STAGE_SETTINGS } from '../stage-settings.ts';
import { STAGE_PARAMS } from '../stages.ts';

export class BadParams extends Error {
  override name = 'BadParams';
}

/** CloudWatch keeps logs so long and for no other number of days. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** What a param that is no number may be. */
const OTHERS: Readonly<Record<string, (value: string) => string | undefined>> = {
  deletionPolicy: oneOf('Retain', 'Delete'),
  isProtected: oneOf('true', 'false'),
  reserve: oneOf('yes', 'no'),
  logDays: oneOf(...LOG_DAYS.map(String)),
  alarmEmail: (value) => (value === '' || /^\S+@\S+$/.test(value) ? undefined : 'must be an address, or nothing'),
};

const NUMBERS: Readonly<Record<string, Setting>> = STAGE_SETTINGS;

/**
 * Refuses params that no stage can have, all at once, before anything is made of them: the framework leaves out without a
 * word what it does not know, and what a function cannot start with would be seen when it has been deployed.
 */
export function checkStageParams(stage: string, args: readonly string[]): void {
  const given = givenParams(args);
  const stages: Readonly<Record<string, object>> = STAGE_PARAMS;
  const params: Record<string, unknown> = { ...STAGE_PARAMS.default, ...stages[stage], ...given };
  const problems = Object.entries(params).flatMap(([name, value]) => {
    const refusal = refusalOf(name, String(value));
    return refusal === undefined ? [] : [`${name} ${refusal}`];
  });
  if (problems.length > 0) throw new BadParams(`Bad params of the stage ${stage}: ${problems.join('; ')}`);
}

function refusalOf(name: string, value: string): string | undefined {
  const number = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
  if (number) return settingRefusal(value, number);
  return Object.hasOwn(OTHERS, name) ? OTHERS[name]?.(value) : 'is no param: docs/deploy.md lists them';
}

/** As the framework reads them: `--param name=value`, `--param=name=value`, as often as there are params. */
function givenParams(args: readonly string[]): Record<string, string> {
  const texts = args.flatMap((arg, at) => {
    if (arg === '--param') return [args[at + 1] ?? ''];
    return arg.startsWith('--param=') ? [arg.slice('--param='.length)] : [];
  });
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (name === undefined || value === undefined) throw new BadParams(`--param ${text}: must be name=value`);
      return [name, value];
    }),
  );
}

function oneOf(...allowed: readonly string[]) {
  return (value: string) => (allowed.includes(value) ? undefined : `must be one of ${allowed.join(', ')}`);
}
