import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { createAgent } from '../../agent/agent.ts';
import { type AgentEvent, describeEvent } from '../../agent/events.ts';
import type { CliCommand } from '../cli-command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { Flag, platforms, positive } from '../flag.ts';
import { projectCredentials } from '../settings.ts';

interface WorkerFlags {
  readonly name?: string;
  readonly platform: string[];
  readonly once?: boolean;
  readonly workDir?: string;
  readonly command?: string;
  readonly artifact?: string;
  readonly heartbeatSeconds?: number;
}

export function addWorker(parent: CliCommand): void {
  parent
    .command('worker')
    .description('work for a controller: take builds, run their command, return the artifact')
    .option('--name <name>', "the worker's name (default: this machine's)")
    .addOption(new Flag('--platform <list>', 'ios, android or both').argParser(platforms).makeOptionMandatory())
    .option('--once', 'leave after one build')
    .option('--work-dir <dir>', 'where builds take place (default: ~/.buildlatch/work)')
    .option('--command <command>', "the build command, instead of the project's buildlatch.json")
    .option('--artifact <path>', 'file, folder or pattern to return, instead of the one in buildlatch.json')
    .option('--heartbeat-seconds <seconds>', 'instead of what the controller asks for', positive)
    .addHelpText('after', '\nCtrl-C finishes the current build and leaves; a second one ends the build.')
    .runs((context, { platform, once, name, workDir, command, artifact, heartbeatSeconds }: WorkerFlags) =>
      work(context, { name, platforms: platform, isOnce: once ?? false, workDir, command, artifact, heartbeatSeconds }),
    );
}

interface WorkerOptions {
  readonly name: string | undefined;
  readonly platforms: readonly string[];
  readonly isOnce: boolean;
  readonly workDir: string | undefined;
  readonly command: string | undefined;
  readonly artifact: string | undefined;
  readonly heartbeatSeconds: number | undefined;
}

async function work(context: CommandContext, options: WorkerOptions): Promise<number> {
  const { io, settings, screen } = context;
  const apiKey = projectCredentials(settings)['X-API-Key'] ?? '';
  const emit = (event: AgentEvent) => {
    if (context.isJson) screen.json({ time: new Date().toISOString(), ...event });
    screen.note(describeEvent(event));
  };
  const agent = createAgent({
    baseUrl: settings.baseUrl,
    clock: io.clock,
    random: io.random,
    worker: { name: options.name ?? hostname(), platforms: options.platforms, apiKey },
    // Not the system's folder for temporary files: others may write there, and it may be in memory.
    workDir: options.workDir === undefined ? join(homedir(), '.buildlatch', 'work') : resolve(io.cwd, options.workDir),
    isOnce: options.isOnce,
    overrides: { command: options.command, artifact: options.artifact },
    heartbeatMs: options.heartbeatSeconds === undefined ? undefined : options.heartbeatSeconds * 1000,
    env: io.env,
    emit,
  });
  io.onInterrupt(() => agent.interrupt());
  const last = await agent.run();
  if (agent.isStopped()) return EXIT.interrupted;
  return options.isOnce && last !== 'completed' && last !== undefined ? EXIT.buildFailed : EXIT.ok;
}
