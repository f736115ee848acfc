import { type ApiClient, createApiClient } from '../api-client.ts';
import type { Clock } from '../clock.ts';
import type { RetryPolicy } from '../retry.ts';
import type { Output, Screen } from './screen.ts';
import type { Settings } from './settings.ts';

type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };

/** What a program gets from its surroundings. */
export interface Io {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onInterrupt: (listener: () => void) => void;
}

export interface CommandContext {
  readonly io: Io;
  readonly screen: Screen;
  readonly settings: Settings;
  readonly isJson: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

export function clientFor(
  { io, settings, signal, screen }: CommandContext,
  credentials: Readonly<Record<string, string>>,
  retry?: RetryPolicy,
): ApiClient {
  return createApiClient({
    baseUrl: settings.baseUrl,
    clock: io.clock,
    random: io.random,
    credentials,
    signal,
    onRetry: (error, delayMs) => {
      const reason = error instanceof Error ? error.message : String(error);
      screen.note(`${reason}; next try in ${Math.ceil(delayMs / 1000)} s`);
    },
    ...(retry ? { retry } : {}),
  });
}
