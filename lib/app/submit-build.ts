import { type KeyHolder, notedId } from '../domain/api-key.ts';
import { type Build, isTerminal, type Platform, type StoredCerts, type StoredFile } from '../domain/build.ts';
import { rankOf } from '../domain/line.ts';
import { Rejection } from '../domain/rejection.ts';
import { announce } from './announce.ts';
import { plainSourceKey, sourceKey } from './file-keys.ts';
import type { FileStore } from './file-ports.ts';
import { keepFile, type SentFile } from './keep-file.ts';
import type { BuildQueue, BuildStore, Clock, Report, Secrets } from './ports.ts';
import type { NewCerts } from './store-certs.ts';

export interface SubmitDeps {
  /** What a point of priority is worth in waiting. */
  readonly priorityAgingMs: number;
  readonly builds: BuildStore;
  readonly queue: BuildQueue;
  readonly files: FileStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly report: Report;
  /** So long a request that is sent again means the build of the first; later it is meant anew. */
  readonly sameRequestMs: number;
}

export interface Submitted {
  readonly build: Build;
  readonly token: string;
}

/** What a build asks for beside being built. */
export interface Wishes {
  /** In the order of the alphabet, each once. */
  readonly labels?: readonly string[] | undefined;
  readonly priority?: number | undefined;
}

interface Wanted extends Wishes {
  readonly platform: Platform;
  readonly source: StoredFile;
  readonly certs?: NewCerts | undefined;
  readonly submittedBy: string | undefined;
  readonly originalBuildId?: string;
}

interface Submission extends Wishes {
  readonly platform: Platform;
  readonly by?: KeyHolder | undefined;
  readonly certs?: NewCerts | undefined;
  readonly idempotencyKey?: string;
}

/** Submits a source, wherever its bytes are. */
export function submitBuild(
  deps: SubmitDeps,
  submission: Submission & ({ uploadId: string } | SentFile),
): Promise<Submitted> {
  return 'uploadId' in submission ? submitUpload(deps, submission) : submitBytes(deps, submission);
}

/** Submits a source that came with the request. */
export async function submitBytes(deps: SubmitDeps, submission: Submission & SentFile): Promise<Submitted> {
  const { platform, sha256, certs, idempotencyKey, by, labels, priority } = submission;
  const source = await keepFile(deps.files, 'sources', plainSourceKey(deps.secrets.id()), submission);
  const wanted = { platform, source, certs, labels, priority, submittedBy: notedId(by) };
  if (idempotencyKey !== undefined) return submitOnce(deps, keySeed(idempotencyKey), wanted, 'always');
  // Clients that know no key send the whole request again after a timeout.
  const content = certs ? `${sha256} ${certs.fingerprint}` : sha256;
  return submitOnce(deps, `content ${platform} ${content}${inWords(wanted)}`, wanted, 'while it lasts');
}

/** Submits a source that was uploaded before. Without a key, the same upload submitted again is the same build. */
export async function submitUpload(
  deps: SubmitDeps,
  submission: Submission & { uploadId: string },
): Promise<Submitted> {
  const { platform, uploadId, certs, idempotencyKey, by, labels, priority } = submission;
  const key = sourceKey(deps.secrets, uploadId, by);
  const found = await deps.files.find('sources', key);
  if (!found) {
    throw new Rejection('upload_missing', 'Source file required: nothing has been uploaded under this upload_id');
  }
  const { size, sha256 } = found;
  const wanted = { platform, source: { key, size, sha256 }, certs, labels, priority, submittedBy: notedId(by) };
  const seed = idempotencyKey === undefined ? `upload ${uploadId}` : keySeed(idempotencyKey);
  return submitOnce(deps, seed, wanted, 'always');
}

const keySeed = (idempotencyKey: string) => `key ${idempotencyKey}`;

/** As often can one content be built, end, and be submitted again within `sameRequestMs`. */
const MAX_PREDECESSORS = 20;

/**
 * Makes the build of a request, or answers the one that the same request made before. The id comes from the seed, so
 * that two sendings of one request meet in one conditional write.
 *
 * @param repeats `always`: the seed is the request's own and means one build for ever. `while it lasts`: the seed may
 *   stand for different requests; an ended or older build is followed by a new one.
 */
export async function submitOnce(
  deps: SubmitDeps,
  seed: string,
  wanted: Wanted,
  repeats: 'always' | 'while it lasts',
): Promise<Submitted> {
  const token = deps.secrets.token();
  const tokenHash = deps.secrets.hash(token);
  let id = deps.secrets.idFrom(ownSeed(seed, wanted.submittedBy));
  for (let before = 0; before < MAX_PREDECESSORS; before++) {
    const certs = await wanted.certs?.storeFor(id);
    const build = newBuild(deps, id, wanted, certs, tokenHash);
    if (await deps.builds.create(build)) {
      deps.report({ event: 'build_submitted', buildId: id, platform: wanted.platform, sourceSize: wanted.source.size });
      await announce(deps, build);
      return { build, token };
    }
    const existing = await deps.builds.get(id);
    if (!existing) throw new Rejection('contended', 'The build changed while it was being submitted; try again');
    if (repeats === 'always') refuseOther(existing, wanted);
    if (repeats === 'always' || isSameRequest(existing, deps)) {
      await deps.builds.addToken(existing, tokenHash);
      return { build: existing, token };
    }
    id = deps.secrets.idFrom(`after ${id}`);
  }
  const minutes = Math.ceil(deps.sameRequestMs / 60_000);
  throw new Rejection(
    'contended',
    `This source has been submitted too often within ${minutes} minutes; try again later`,
  );
}

/** What two keys ask for in the same words are two requests: neither learns of the other's. */
function ownSeed(seed: string, submittedBy: string | undefined): string {
  return submittedBy === undefined ? seed : `${submittedBy} ${seed}`;
}

function isSameRequest({ state, submittedAt }: Build, { clock, sameRequestMs }: SubmitDeps): boolean {
  return !isTerminal(state) && clock() - submittedAt < sameRequestMs;
}

/** One key for two different things is a mistake of the caller's that must not pass for success. */
function refuseOther(existing: Build, wanted: Wanted): void {
  const { platform, source, certs } = wanted;
  const isSameSource = existing.platform === platform && existing.source?.sha256 === source.sha256;
  const asksTheSame = existing.certs?.fingerprint === certs?.fingerprint && inWords(existing) === inWords(wanted);
  if (isSameSource && asksTheSame) return;
  throw new Rejection(
    'repeated_differently',
    'The same request was made before with another source, certs, platform, labels or priority',
  );
}

/** Nothing for who asks for nothing: what is made of it stays as it was before anybody could ask. */
function inWords({ labels = [], priority = 0 }: Wishes): string {
  return `${labels.length > 0 ? ` labels ${labels}` : ''}${priority > 0 ? ` priority ${priority}` : ''}`;
}

/**
 * Bytes first, then this record (pending and due), then the message, then the note that it was sent. A crash between any
 * two is repaired by the sweep, which sends what is still due; so from the record on, the build is sure to be built.
 */
function newBuild(
  deps: SubmitDeps,
  id: string,
  wanted: Wanted,
  certs: StoredCerts | undefined,
  tokenHash: string,
): Build {
  const { platform, source, submittedBy, originalBuildId, labels = [], priority = 0 } = wanted;
  const now = deps.clock();
  const rank = rankOf(now, priority, deps.priorityAgingMs);
  return {
    id,
    platform,
    state: 'pending',
    attempt: 0,
    submittedAt: now,
    queuedAt: now,
    spentAttempts: 0,
    sends: 0,
    tokenHashes: [tokenHash],
    source,
    ...(certs && { certs }),
    ...(submittedBy !== undefined && { submittedBy }),
    ...(originalBuildId !== undefined && { originalBuildId }),
    ...(labels.length > 0 && { labels }),
    ...(priority > 0 && { priority }),
    ...((labels.length > 0 || priority > 0) && { rank }),
  };
}
