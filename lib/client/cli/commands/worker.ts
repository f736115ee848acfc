import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { createAgent } from '../../agent/agent.ts';
import { type AgentEvent, describeEvent } from '../../agent/events.ts';
import type { CliCommand } from '../cli-command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { projectCredentials } from '../settings.ts';
import { addWorkerFlags, platformsOf, type WorkerFlags } from '../worker-flags.ts';
import { addWorkerService } from './worker-service.ts';

export function addWorker(parent: CliCommand): void {
  const worker = parent
    .command('worker')
    .description('work for a controller: take builds, run their command, return the artifact')
    .addHelpText('after', '\nCtrl-C finishes the current build and leaves; a second one gives the build back.')
    .example('buildlatch worker --platform android --once', 'takes one build, and leaves')
    .runs(work);
  addWorkerFlags(worker);
  addWorkerService(worker);
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
    worker: { name: flags.name ?? hostname(), platforms: platformsOf(flags), labels: flags.label, apiKey },
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
