import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverless } from './framework.ts';

export interface Package {
  readonly folder: string;
  /** SHA-256 of each file, by name. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Needs the bundles, and neither credentials nor network. The same commit gives the same bytes. */
export async function packageStage(folder: string, args: readonly string[]): Promise<Package> {
  const code = await serverless(['package', '--package', folder, ...args], { isQuiet: true });
  if (code !== 0) throw new Error(`serverless package ended with ${code}`);
  const names = readdirSync(folder).sort();
  for (const name of names.filter((file) => file.endsWith('.json'))) putCommitTime(join(folder, name));
  const digests = names.map((name) => [name, sha256(readFileSync(join(folder, name)))] as const);
  return { folder, digests: Object.fromEntries(digests) };
}

/** `<ms>-<date>`: the framework names the place of a deployment's files by the moment of packaging. */
const MOMENT = /\d{13}-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

function putCommitTime(path: string): void {
  const time = new Date(commitSeconds() * 1000);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(MOMENT, `${String(time.getTime()).padStart(13, '0')}-${time.toISOString()}`));
}

/** As other tools take it; without it and without git, 1970. */
function commitSeconds(): number {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given) return Number(given);
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : 0;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
