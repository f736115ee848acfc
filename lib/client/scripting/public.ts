import { hasCode } from '../api-error.ts';
import type { ErrorCode } from '../api-types.ts';
import { systemClock } from '../clock.ts';
import { useProxies } from '../network.ts';
import { clientIn } from './client-in.ts';
import type { Client, ClientOptions } from './contract.ts';

/** What `buildlatch/client` is. */

export { ApiError, Unreachable } from '../api-error.ts';
export type { ErrorCode, Operations } from '../api-types.ts';
export { UnpackableProject } from '../pack/list-project.ts';
export { DamagedFile } from '../transfer/fetch-file.ts';
export { FileExists } from '../transfer/place-file.ts';
export type {
  Answer,
  BuildEvent,
  BuildStatus,
  CallOptions,
  Client,
  ClientOptions,
  DownloadedFile,
  DownloadOptions,
  Input,
  ListedBuild,
  ListOptions,
  LogLine,
  OperationName,
  RetryOptions,
  Signing,
  SubmitOptions,
  SubmittedBuild,
  WaitOptions,
  Worker,
} from './contract.ts';

export function createClient(options: ClientOptions): Client {
  return clientIn({ clock: systemClock, random: Math.random }, options);
}

/** Whether the controller refuses, and for this reason. */
export function isRefusal(error: unknown, code: ErrorCode): boolean {
  return hasCode(error, code);
}

/** Has everything in this process go by the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. */
export function useProxiesOfEnvironment(): void {
  useProxies(process.env);
}
