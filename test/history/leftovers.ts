import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openTableOf } from '../support/fault-process.ts';
import { storedObjects } from '../support/stored-objects.ts';
import { sha256Of } from './recorded-uploads.ts';
import type { Http } from './recorder.ts';

interface Place {
  readonly folder: string;
  readonly pid: number;
  readonly http: Http;
  /** Of the clients that are gone. */
  readonly ports: readonly number[];
  /** Builds whose submit was answered. */
  readonly acknowledged: readonly string[];
  /** Keys of objects that may be there although nobody submitted them: the buckets' rule (infra/storage.ts) removes them by age. */
  readonly unclaimed: ReadonlySet<string>;
}

/** A broken connection is seen, and what it had begun put away, within moments; it need not be at once. */
const GONE_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 50;

/** What clients that went away have left behind and must not have. */
export async function leftovers(place: Place): Promise<string[]> {
  const broken: string[] = [];
  for (const [what, look] of Object.entries({ 'files on their way': incoming, 'open files': openFiles, connections })) {
    const left = await untilNone(() => look(place));
    if (left.length > 0) broken.push(`${left.length} ${what} are left: ${left.slice(0, 3).join(', ')}`);
  }
  return [...broken, ...(await wrongRecords(place))];
}

async function untilNone(look: () => readonly string[]): Promise<readonly string[]> {
  const until = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    const left = look();
    if (left.length === 0 || performance.now() > until) return left;
    await delay(LOOK_EVERY_MS);
  }
}

const incoming = ({ folder }: Place) => readdirSync(join(folder, 's3', 'incoming'));

/** One that was removed while it was open is one too. */
const openFiles = ({ folder, pid }: Place) =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const path = linkOf(`/proc/${pid}/fd/${fd}`);
    return path.startsWith(join(folder, 's3')) ? [path] : [];
  });

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    // Closed between the list and the look.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** The kernel's states of a connection that this side still has to close. */
const HELD = ['01', '08'];

/** The server's ends of the connections of those who are gone. */
function connections({ http, ports }: Place): string[] {
  const server = Number(new URL(http.url).port);
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local = '', remote = '', state = ''] = row.trim().split(/\s+/);
    const isTheirs = portOf(local) === server && ports.includes(portOf(remote));
    return isTheirs && HELD.includes(state) ? [`port ${portOf(remote)}`] : [];
  });
}

const portOf = (address: string) => Number.parseInt(address.split(':')[1] ?? '', 16);

/** No build that nobody was told of, none without its bytes, and no object that belongs to none, but for whole uploads. */
async function wrongRecords({ folder, http, acknowledged, unclaimed }: Place): Promise<string[]> {
  const broken: string[] = [];
  const table = openTableOf(folder);
  const builds = await table.items('BUILD').finally(table.close);
  const known = new Set<string>();
  for (const build of builds) {
    const { id, sourceKey, sourceSha256, resultKey } = build as Record<string, string>;
    if (!acknowledged.includes(String(id))) broken.push(`build ${id} was submitted by nobody who stayed`);
    for (const key of [sourceKey, resultKey]) if (key !== undefined) known.add(key);
    const answer = await fetch(`${http.url}/api/builds/${id}/download/source`, { headers: http.key });
    const found = sha256Of(Buffer.from(await answer.arrayBuffer()));
    if (found !== sourceSha256) broken.push(`build ${id} has no source, or another (${answer.status})`);
  }
  if (builds.length !== acknowledged.length) broken.push(`I2 ${acknowledged.length} submits, ${builds.length} builds`);
  const keys = storedObjects(folder).map(({ key }) => key);
  const orphans = keys.filter((key) => !known.has(key) && !unclaimed.has(key));
  if (orphans.length > 0)
    broken.push(`${orphans.length} objects belong to no build: ${orphans.slice(0, 3).join(', ')}`);
  return broken;
}
