import { Rejection } from '../domain/rejection.ts';
import type {
  AnnouncedParts,
  BegunUpload,
  FileKind,
  FileStore,
  PartStore,
  StoredAs,
  UploadTicket,
} from './file-ports.ts';
import type { Clock } from './ports.ts';

export interface PartDeps {
  readonly files: FileStore;
  readonly parts: PartStore;
  readonly clock: Clock;
}

interface PartTicket extends UploadTicket {
  readonly number: number;
  readonly size: number;
}

/** What is still to come of an upload in parts. */
export interface PartedUpload {
  readonly partSize: number;
  readonly partCount: number;
  /** How many parts have not arrived. */
  readonly missing: number;
  /** Addresses for the first of them. */
  readonly tickets: readonly PartTicket[];
}

/** One page of S3's list; 5 GB are 640 parts of 8 MiB. */
const MAX_PARTS = 1000;
/** More would expire before a slow line comes to them. Who has sent these asks for the next. */
const MAX_TICKETS = 100;

export async function beginParts(deps: PartDeps, kind: FileKind, key: string, file: AnnouncedParts) {
  refuseWrongParts(file);
  const upload = await deps.parts.begin(kind, key, file);
  return stillToCome(deps, upload, new Map());
}

/** An upload that broke off goes on with what this answers. Nothing is to come of one that is complete. */
export async function continueParts(deps: PartDeps, kind: FileKind, key: string): Promise<PartedUpload> {
  const upload = await begun(deps, kind, key);
  const arrived = await deps.parts.arrived(upload);
  if (arrived) return stillToCome(deps, upload, arrived);
  await requireJoined(deps, upload);
  return { partSize: upload.partSize, partCount: upload.partSha256s.length, missing: 0, tickets: [] };
}

/**
 * Makes the file of its parts; before that, nothing is uploaded under the key. Every part was held by the store to the
 * SHA-256 that was announced for it, and the joining is held to their list and to the size of the whole. That the whole
 * has the SHA-256 announced beside them is checked here by a store that reads the whole anyway (the embedded one), and
 * else by whoever reads the file: no digest of a whole follows from those of its parts, and to read gigabytes takes
 * longer than a request may.
 */
export async function completeParts(deps: PartDeps, kind: FileKind, key: string): Promise<StoredAs> {
  const upload = await begun(deps, kind, key);
  const arrived = await deps.parts.arrived(upload);
  if (!arrived) return requireJoined(deps, upload);
  const missing = missingOf(upload, arrived);
  if (missing.length > 0) throw new Rejection('upload_incomplete', `Parts are missing: ${listed(missing)}`);
  const outcome = await deps.parts.join(upload, arrived);
  if (outcome !== 'damaged') return requireJoined(deps, upload);
  // Its parts are what was announced, so that sending them again would not help.
  await deps.parts.abort(upload);
  throw new Rejection('upload_damaged', 'The parts do not make the file that was announced; begin a new upload');
}

export async function abortParts(deps: PartDeps, kind: FileKind, key: string): Promise<void> {
  await deps.parts.abort(await begun(deps, kind, key));
}

async function begun({ parts }: PartDeps, kind: FileKind, key: string): Promise<BegunUpload> {
  const upload = await parts.find(kind, key);
  if (!upload) throw new Rejection('upload_not_found', 'No upload in parts was begun under this upload_id');
  return upload;
}

async function requireJoined({ files }: PartDeps, upload: BegunUpload): Promise<StoredAs> {
  const found = await files.find(upload.kind, upload.key);
  if (!found) throw new Rejection('upload_not_found', 'The upload was given up or is more than a day old; begin anew');
  // The digest in the metadata is the announced one by construction; the size is what is really there.
  if (found.size !== upload.size) throw new Rejection('upload_damaged', 'The file has not the announced size');
  return found;
}

async function stillToCome(deps: PartDeps, upload: BegunUpload, arrived: ReadonlyMap<number, unknown>) {
  const { partSize, partSha256s } = upload;
  const missing = missingOf(upload, arrived);
  const now = deps.clock();
  const tickets = await Promise.all(
    missing.slice(0, MAX_TICKETS).map(async (number): Promise<PartTicket> => {
      const ticket = await deps.parts.ticket(upload, number, now);
      return { number, size: partLength(upload, number), ...ticket };
    }),
  );
  return { partSize, partCount: partSha256s.length, missing: missing.length, tickets };
}

function missingOf({ partSha256s }: AnnouncedParts, arrived: ReadonlyMap<number, unknown>): number[] {
  return partSha256s.map((_, index) => index + 1).filter((number) => !arrived.has(number));
}

function partLength({ size, partSize }: AnnouncedParts, number: number): number {
  return Math.min(partSize, size - (number - 1) * partSize);
}

function refuseWrongParts({ size, partSize, partSha256s }: AnnouncedParts): void {
  const count = Math.ceil(size / partSize);
  if (partSha256s.length === count && count <= MAX_PARTS) return;
  const wanted = `${size} bytes in parts of ${partSize} are ${count} parts`;
  const text = count > MAX_PARTS ? `${wanted}: the most is ${MAX_PARTS}` : `${wanted}, not ${partSha256s.length}`;
  throw new Rejection('invalid_request', `part_sha256s: ${text}`);
}

function listed(numbers: readonly number[]): string {
  return numbers.length > 10
    ? `${numbers.slice(0, 10).join(', ')} and ${numbers.length - 10} more`
    : numbers.join(', ');
}
