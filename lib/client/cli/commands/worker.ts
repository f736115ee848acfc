import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { createAgent } from '../../agent/agent.ts';
import { PASS_NAME } from '../../agent/build-environment.ts';
import { type AgentEvent, describeEvent } from '../../agent/events.ts';
import type { PerPlatform } from '../../agent/project-config.ts';
import type { CliCommand } from '../cli-command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { Flag, labels, PLATFORMS, platforms, positive } from '../flag.ts';
import { byteSize, duration } from '../quantities.ts';
import { projectCredentials } from '../settings.ts';

interface WorkerFlags {
  readonly name?: string;
  readonly platform: string[];
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

export function addWorker(parent: CliCommand): void {
  parent
    .command('worker')
    .description('work for a controller: take builds, run their command, return the artifact')
    .option('--name <name>', "the worker's name (default: this machine's)")
    .addOption(new Flag('--platform <list>', 'ios, android or both').argParser(platforms).makeOptionMandatory())
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
    .option('--heartbeat-seconds <seconds>', 'instead of what the controller asks for', positive)
    .addHelpText('after', '\nCtrl-C finishes the current build and leaves; a second one gives the build back.')
    .example('buildlatch worker --platform android --once', 'takes one build, and leaves')
    .runs(work);
}

async function work(context: CommandContext, flags: WorkerFlags): Promise<number> {
  const { io, settings, screen } = context;
  const { command, artifact, heartbeatSeconds, once: isOnce = false, slots } = flags;
  if (isOnce && slots > 1) throw new UsageError('--once is for one slot');
  const apiKey = projectCredentials(settings)['X-API-Key'] ?? '';
  const emit = (event: AgentEvent) => {
    if (context.isJson) screen.json({ time: new Date().toISOString(), ...event });
    screen.note(describeEvent(event));
  };
  const agent = createAgent({
    baseUrl: settings.baseUrl,
    clock: io.clock,
    random: io.random,
    worker: { name: flags.name ?? hostname(), platforms: flags.platform, labels: flags.label, apiKey },
    slots,
    workDir: workFolder(io.cwd, flags.workDir),
    isOnce,
    overrides: { command, artifact },
    limits: { timeoutMs: flags.timeout, idleMs: flags.idleTimeout },
    outageMs: flags.outageLimit,
    minFreeBytes: flags.minFreeDisk,
    onQuarantine: flags.onQuarantine,
    heartbeatMs: heartbeatSeconds === undefined ? undefined : heartbeatSeconds * 1000,
    env: io.env,
    passEnv: flags.passEnv ?? [],
    emit,
  });
  io.onInterrupt(() => agent.interrupt());
  const last = await agent.run();
  if (agent.isStopped()) return EXIT.interrupted;
  return isOnce && last !== 'completed' && last !== undefined ? EXIT.buildFailed : EXIT.ok;
}

/** Not the system's folder for temporary files: others may write there, and it may be in memory. */
function workFolder(cwd: string, workDir: string | undefined): string {
  return workDir === undefined ? join(homedir(), '.buildlatch', 'work') : resolve(cwd, workDir);
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
