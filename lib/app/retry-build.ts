import { type KeyHolder, notedId } from '../domain/api-key.ts';
import { type Build, isTerminal } from '../domain/build.ts';
import { Rejection } from '../domain/rejection.ts';
import type { LogStore } from './ports.ts';
import type { NewCerts } from './store-certs.ts';
import { type SubmitDeps, type Submitted, submitOnce } from './submit-build.ts';

/** Retries of one request arrive within minutes; see `submitOnce`. */
type Deps = SubmitDeps & { readonly logs: LogStore };

interface Given {
  /** Whose key asked; absent: one of the build's tokens. */
  readonly by?: KeyHolder | undefined;
  readonly certs?: NewCerts;
  readonly idempotencyKey?: string;
}

/**
 * A new build of the same source, which is not copied: both refer to the same object. A retry that is sent again answers
 * the same build: under a key for ever, without one while that has not ended. Signing material has to come again: it did
 * not outlive the original.
 */
export async function retryBuild(deps: Deps, original: Build, given: Given = {}): Promise<Submitted> {
  const { by, certs, idempotencyKey } = given;
  // The old controller started a second one beside it, on the same source: two results, and nobody knew which was meant.
  if (!isTerminal(original.state)) {
    throw new Rejection('not_finished', 'Build has not finished: cancel it before you retry it');
  }
  const { source, platform, labels, priority } = original;
  if (original.certs && !certs) {
    throw new Rejection(
      'certs_gone',
      'Original build certificates no longer available: they are deleted when a build ends. Please submit a new build.',
    );
  }
  if (!source || !(await deps.files.find('sources', source.key))) {
    throw new Rejection('source_gone', 'Original build source no longer available. Please submit a new build.');
  }
  const submittedBy = by ? notedId(by) : original.submittedBy;
  const wanted = { platform, source, certs, labels, priority, submittedBy, originalBuildId: original.id };
  const seed = `retry of ${original.id}`;
  const submitted = await (idempotencyKey === undefined
    ? submitOnce(deps, certs ? `${seed} ${certs.fingerprint}` : seed, wanted, 'while it lasts')
    : submitOnce(deps, `${seed} key ${idempotencyKey}`, wanted, 'always'));
  await tellOriginal(deps, original, submitted.build);
  return submitted;
}

/**
 * The new build exists and will be built; a line on the old one is worth no failure. Each sending tells it, so that what
 * a request that died did not tell is told by the next; of all of them one takes effect.
 */
async function tellOriginal(deps: Deps, original: Build, { id: retryId, submittedAt }: Build): Promise<void> {
  try {
    const line = { timestamp: submittedAt, level: 'info', message: `Retried as build ${retryId}` } as const;
    const isNew = await deps.logs.noteRetry(original, retryId, line);
    if (isNew) deps.report({ event: 'build_retried', buildId: original.id, retryId });
  } catch (error) {
    deps.report({ event: 'event_not_stored', buildId: original.id, error });
  }
}
