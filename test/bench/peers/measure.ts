import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEnginesApart } from '../engines/engines-apart.ts';
import { dice } from '../sim/dice.ts';
import { ratiosOf, type Spread, spreadOf } from '../report/statistics.ts';
import { bullMq } from './bullmq.ts';
import { graphileWorker } from './graphile-worker.ts';
import { ours } from './ours.ts';
import { installPackages } from './packages.ts';
import type { Drained, Peer } from './peer.ts';
import { pgBoss } from './pg-boss.ts';
import { plainSql } from './plain-sql.ts';
import { startPostgres, startRedis } from './servers.ts';

export interface PeersSettings {
  readonly rounds: number;
  /** Of each system in a round, by one claimer and by `claimers` at once. */
  readonly jobs: number;
  readonly claimers: number;
  /** Fixes in which order the systems come in a round. */
  readonly seed: number;
}

export interface PeerRow {
  readonly name: string;
  readonly claimers: number;
  readonly jobsPerSecond: Spread;
  /** Ours against this one, of the same round: how many times as many jobs a second. */
  readonly oursAgainst: Spread;
  /** Of one job, in ms. */
  readonly engineCpuMs: Spread;
  readonly clientCpuMs: Spread;
}

export interface PeersResult {
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly PeerRow[];
}

/** All systems by turns, in another order each round. */
export async function measurePeers(
  { rounds, jobs, claimers, seed }: PeersSettings,
  onRound: (round: number) => void,
): Promise<PeersResult> {
  const { peers, versions, close } = await startAll();
  const random = dice(seed);
  const found: { name: string; claimers: number; jobs: number; drained: Drained }[] = [];
  try {
    for (const { peer, many } of [false, true].flatMap((many) => peers.map((peer) => ({ peer, many }))))
      await once(peer, many ? claimers : 1, Math.ceil(jobs / 10));
    for (let round = 1; round <= rounds; round++) {
      onRound(round);
      for (const count of [1, claimers]) {
        for (const peer of shuffled(peers, random)) {
          // One claimer alone takes a quarter of the jobs, or it takes all of the time.
          const share = count === 1 ? Math.ceil(jobs / 4) : jobs;
          const drained = await once(peer, count, share);
          found.push({ name: peer.name, claimers: count, jobs: share, drained });
        }
      }
    }
  } finally {
    await close();
  }
  const of = (name: string, count: number) => found.filter((each) => each.name === name && each.claimers === count);
  const perSecond = (name: string, count: number) =>
    of(name, count).map((each) => (1000 * each.jobs) / each.drained.ms);
  const [own] = peers;
  const rows = [1, claimers].flatMap((count) =>
    peers.map(
      ({ name }): PeerRow => ({
        name,
        claimers: count,
        jobsPerSecond: spreadOf(perSecond(name, count)),
        oursAgainst: ratiosOf(perSecond(own?.name ?? '', count), perSecond(name, count)),
        engineCpuMs: spreadOf(of(name, count).map((each) => each.drained.engineCpuMs / each.jobs)),
        clientCpuMs: spreadOf(of(name, count).map((each) => each.drained.clientCpuMs / each.jobs)),
      }),
    ),
  );
  return { versions, rows };
}

async function once(peer: Peer, claimers: number, jobs: number): Promise<Drained> {
  await peer.fill(jobs);
  return peer.drain(jobs, claimers);
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((each) => ({ each, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ each }) => each);
}

/** Ours is the first. */
async function startAll() {
  const packages = installPackages();
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const each of closers.reverse()) await each();
  };
  const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    closers.push(() => server.stop());
    return server;
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'buildlatch-peers-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const engines = await started(startEnginesApart(join(folder, 'data')));
    const postgres = await started(startPostgres());
    const redis = await started(startRedis());
    const database = { host: '127.0.0.1', port: postgres.port, user: 'bench', password: postgres.password };
    const { Pool } = packages.load('pg');
    const pool = (options = '') => new Pool({ ...database, database: 'postgres', max: 20, options });
    const boss = { ...database, database: 'postgres', max: 20 };
    const connection = { host: '127.0.0.1', port: redis.port, password: redis.password, maxRetriesPerRequest: null };
    const peers = [
      ours(engines),
      await plainSql('PostgreSQL, SKIP LOCKED', pool(), postgres.pid),
      await plainSql('the same, not waiting for the disk', pool('-c synchronous_commit=off'), postgres.pid),
      await graphileWorker(packages.load('graphile-worker'), pool(), postgres.pid),
      await pgBoss(packages.load('pg-boss'), boss, postgres.pid),
      bullMq(packages.load('bullmq'), connection, redis.pid),
    ];
    closers.push(...peers.map((peer) => () => peer.close()));
    const versions = {
      PostgreSQL: postgres.version,
      Redis: redis.version,
      ...Object.fromEntries(
        (['graphile-worker', 'pg-boss', 'bullmq', 'pg'] as const).map((name) => [name, packages.version(name)]),
      ),
    };
    return { peers, versions, close };
  } catch (error) {
    await close();
    throw error;
  }
}
