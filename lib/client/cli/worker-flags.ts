import { InvalidArgumentError } from 'commander';
import { PASS_NAME } from '../agent/build-environment.ts';
import type { PerPlatform } from '../agent/project-config.ts';
import type { CliCommand } from './cli-command.ts';
import { UsageError } from './exit-codes.ts';
import { Flag, labels, PLATFORMS, platforms, positive } from './flag.ts';
import { byteSize, duration } from './quantities.ts';

export interface WorkerFlags {
  readonly name?: string;
  readonly platform?: string[];
  readonly label?: string[];
  readonly slots: number;
  readonly once?: boolean;
  readonly workDir?: string;
  readonly command?: PerPlatform;
  readonly artifact?: PerPlatform;
  readonly passEnv?: string[];
  readonly timeout: number;
  readonly idleTimeout?: number;
  readonly outageLimit: number;
  readonly minFreeDisk: number;
  readonly onQuarantine: 'wait' | 'exit';
  readonly heartbeatSeconds?: number;
}

const HOUR_MS = 3_600_000;
const MAX_SLOTS = 32;

export function addWorkerFlags(command: CliCommand): CliCommand {
  return command
    .option('--name <name>', "the worker's name (default: this machine's)")
    .addOption(new Flag('--platform <list>', 'ios, android or both').argParser(platforms))
    .addOption(
      new Flag(
        '--label <name>',
        'what it has, for builds that ask for it: signing, xcode=26 (repeat the flag)',
      ).argParser(labels),
    )
    .addOption(new Flag('--slots <count>', 'how many builds at a time').argParser(slots).default(1))
    .option('--once', 'leave after one build')
    .option('--work-dir <dir>', 'where builds take place (default: ~/.buildlatch/work)')
    .addOption(
      new Flag(
        '--command <[platform=]command>',
        "the build command, instead of the project's buildlatch.json; ios=… and android=… (repeat the flag) for one platform",
      ).argParser(ofPlatform),
    )
    .addOption(
      new Flag(
        '--artifact <[platform=]path>',
        'file, folder or pattern to return, instead of the one in buildlatch.json',
      ).argParser(ofPlatform),
    )
    .addOption(
      new Flag(
        '--pass-env <names...>',
        'variables that builds may see besides the usual ones (PATH, HOME, …); * for any characters',
      ).argParser(passName),
    )
    .addOption(
      new Flag('--timeout <duration>', 'how long a build command may run')
        .argParser(duration)
        .default(2 * HOUR_MS, '2h'),
    )
    .addOption(
      new Flag('--idle-timeout <duration>', 'how long it may print nothing (default: no limit)').argParser(duration),
    )
    .addOption(
      new Flag('--outage-limit <duration>', 'how long a build goes on while the controller cannot be reached')
        .argParser(duration)
        .default(2 * HOUR_MS, '2h'),
    )
    .addOption(
      new Flag('--min-free-disk <size>', 'take no build with less room than this')
        .argParser(byteSize)
        .default(2 * 1024 ** 3, '2GB'),
    )
    .addOption(
      new Flag(
        '--on-quarantine <what>',
        'after three builds in a row that failed at once: wait an hour, or exit with 6',
      )
        .choices(['wait', 'exit'])
        .default('wait'),
    )
    .option('--heartbeat-seconds <seconds>', 'instead of what the controller asks for', positive);
}

/** Not a mandatory option: commander would ask for it for `worker uninstall`, too. */
export function platformsOf({ platform }: WorkerFlags): string[] {
  if (platform === undefined) throw new UsageError('what to build for? Say --platform ios, android or ios,android');
  return platform;
}

/** The flags as they would be typed, wherever they came from. */
export function workerArgs(flags: WorkerFlags): string[] {
  const said = (flag: string, value: string | number | undefined) => (value === undefined ? [] : [flag, String(value)]);
  const perPlatform = (flag: string, values: PerPlatform = {}) =>
    Object.entries(values).flatMap(([name, value]) => said(flag, name === 'all' ? value : `${name}=${value}`));
  return [
    ...said('--name', flags.name),
    ...said('--platform', flags.platform?.join(',')),
    ...(flags.label ?? []).flatMap((name) => ['--label', name]),
    ...said('--slots', flags.slots),
    ...said('--work-dir', flags.workDir),
    ...perPlatform('--command', flags.command),
    ...perPlatform('--artifact', flags.artifact),
    ...(flags.passEnv ? ['--pass-env', ...flags.passEnv] : []),
    ...said('--timeout', inSeconds(flags.timeout)),
    ...said('--idle-timeout', inSeconds(flags.idleTimeout)),
    ...said('--outage-limit', inSeconds(flags.outageLimit)),
    ...said('--min-free-disk', flags.minFreeDisk === 0 ? 0 : `${flags.minFreeDisk / 1024 ** 2}MB`),
    ...said('--on-quarantine', flags.onQuarantine),
    ...said('--heartbeat-seconds', flags.heartbeatSeconds),
  ];
}

function inSeconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${ms / 1000}s`;
}

function slots(value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_SLOTS) return count;
  throw new InvalidArgumentError(`Not a whole number from 1 to ${MAX_SLOTS}.`);
}

/** `ios=make app`, or for both platforms `make app`. A command may begin with a variable: only platforms' names count. */
function ofPlatform(value: string, before: PerPlatform | undefined): PerPlatform {
  const platform = PLATFORMS.find((name) => value.startsWith(`${name}=`));
  return { ...before, [platform ?? 'all']: platform === undefined ? value : value.slice(platform.length + 1) };
}

function passName(value: string, before: string[] | undefined): string[] {
  if (!PASS_NAME.test(value)) throw new InvalidArgumentError('Not the name of a variable.');
  return [...(before ?? []), value];
}
