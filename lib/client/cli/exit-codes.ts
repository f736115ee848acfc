import { CommanderError } from 'commander';
import { Quarantined } from '../agent/quarantine.ts';
import { ApiError, hasStatus } from '../api-error.ts';
import { UnusableProxy } from '../network.ts';
import { UnpackableProject } from '../pack/list-project.ts';
import { FileExists } from '../transfer/place-file.ts';

export const EXIT = {
  ok: 0,
  buildFailed: 1,
  faultFound: 1,
  usage: 2,
  auth: 3,
  notFound: 4,
  api: 5,
  quarantined: 6,
  timeout: 124,
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    the build failed, was cancelled, or has no result (yet); or doctor found something wrong
  2    wrong usage: options, files
  3    no credentials, or the controller refuses them
  4    no such build or key
  5    the controller refused, or could not be reached after several tries
  6    the worker takes no more builds: all fail at once on this machine
  124  the time of --timeout is over, the build is not
  130  interrupted`;

/** Wrong options or files; the message says what to do instead. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export class MissingCredentials extends Error {
  override name = 'MissingCredentials';
}

/** The build ended badly, or has not ended. */
export class NoResult extends Error {
  override name = 'NoResult';
}

export class TimeoutReached extends Error {
  override name = 'TimeoutReached';
}

/** By a key, where no signal comes. */
export class Interrupted extends Error {
  override name = 'Interrupted';

  constructor() {
    super('interrupted');
  }
}

export function exitCodeFor(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof TimeoutReached) return EXIT.timeout;
  if (error instanceof NoResult) return EXIT.buildFailed;
  if (error instanceof MissingCredentials || hasStatus(error, 401, 403)) return EXIT.auth;
  if (hasStatus(error, 404)) return EXIT.notFound;
  if (error instanceof Quarantined) return EXIT.quarantined;
  return isAboutUsage(error) ? EXIT.usage : EXIT.api;
}

function isAboutUsage(error: unknown): boolean {
  const ofUsage = [UsageError, UnusableProxy, UnpackableProject, FileExists];
  if (ofUsage.some((kind) => error instanceof kind)) return true;
  // A folder that is not there, a disk that is full: nothing the controller could help with.
  return error instanceof Error && 'syscall' in error && !(error instanceof ApiError);
}
