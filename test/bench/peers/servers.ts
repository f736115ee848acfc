import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../infra/local/listen.ts';
import { Missing, requireProgram } from '../../emulators/missing.ts';

/** A server of its own for the bench, in a folder that goes with it. */
export interface Server {
  readonly port: number;
  readonly password: string;
  readonly pid: number;
  readonly version: string;
  stop(): Promise<void>;
}

const POSTGRES = 'Install PostgreSQL (Debian: apt-get install postgresql)';
const REDIS = 'Install Redis (Debian: apt-get install redis-server)';
const READY_WITHIN_MS = 30_000;

/** PostgreSQL as it is installed: `fsync` and `synchronous_commit` are on. */
export async function startPostgres(): Promise<Server> {
  const bin = postgresFolder();
  const user = unprivileged('postgres', POSTGRES);
  const folder = mkdtempSync(join(tmpdir(), 'buildlatch-postgres-'));
  const data = join(folder, 'data');
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  if (user) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  const options = { cwd: folder, ...user } as const;
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'bench', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C'],
    { ...options, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort(createServer);
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  const child = spawn(join(bin, 'postgres'), args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  await untilSays(child, /ready to accept connections/);
  const version = spawnSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' }).stdout;
  return toServer(child, { port, password, folder, version: /\d[\d.]*/.exec(version)?.[0] ?? '' });
}

/** Redis that answers when what was written is on the disk. */
export async function startRedis(): Promise<Server> {
  requireProgram(['redis-server', '--version'], /v=\d/, REDIS);
  const folder = mkdtempSync(join(tmpdir(), 'buildlatch-redis-'));
  const port = await freePort(createServer);
  const password = randomBytes(16).toString('hex');
  // By standard input: a password in the arguments can be read by everybody.
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    requirepass: password,
    save: '""',
    appendonly: 'yes',
    appendfsync: 'always',
  };
  const child = spawn('redis-server', ['-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin?.end(
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  await untilSays(child, /Ready to accept connections/);
  const version = spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout;
  return toServer(child, { port, password, folder, version: /v=([\d.]+)/.exec(version)?.[1] ?? '' });
}

/** Debian keeps the server's programs off the path, by version. */
function postgresFolder(root = '/usr/lib/postgresql'): string {
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folder = versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  if (folder) return folder;
  const { status, stdout } = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  if (status === 0 && existsSync(join(stdout.trim(), 'initdb'))) return stdout.trim();
  throw new Missing(`PostgreSQL's server is not installed. ${POSTGRES}`);
}

/** PostgreSQL does not run as root: then as the user that its package has made. */
function unprivileged(name: string, advice: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = ['-u', '-g'].map((which) => spawnSync('id', [which, name], { encoding: 'utf8' }).stdout.trim());
  if (!uid || !gid) throw new Missing(`There is no user ${name}, and PostgreSQL does not run as root. ${advice}`);
  return { uid: Number(uid), gid: Number(gid) };
}

async function untilSays(child: ChildProcess, words: RegExp): Promise<void> {
  const output = child.stderr ?? child.stdout;
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    output?.on('data', (chunk: Buffer) => {
      if (words.test(said)) return;
      said += chunk.toString('utf8');
      if (words.test(said)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  const tooLate = new AbortController();
  const late = delay(READY_WITHIN_MS, 'late', { signal: tooLate.signal }).catch(() => 'in time');
  if ((await Promise.race([ready, late])) === 'late') throw new Error(`the server is not ready: ${said}`);
  tooLate.abort();
}

function toServer(
  child: ChildProcess,
  { folder, ...rest }: Pick<Server, 'port' | 'password' | 'version'> & { folder: string },
): Server {
  return {
    ...rest,
    pid: child.pid ?? 0,
    async stop() {
      const ended = once(child, 'exit');
      // To PostgreSQL: end now, whoever is connected.
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
