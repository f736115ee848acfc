import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { createAgent } from '../agent/agent.ts';
import { type AgentEvent, describeEvent } from '../agent/events.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { projectCredentials } from './settings.ts';

export interface WorkerOptions {
  readonly name: string | undefined;
  readonly platforms: readonly string[];
  readonly isOnce: boolean;
  readonly workDir: string | undefined;
  readonly command: string | undefined;
  readonly artifact: string | undefined;
  readonly heartbeatSeconds: number | undefined;
}

export async function work(context: CommandContext, options: WorkerOptions): Promise<number> {
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
