import { atOnce } from '../../support/at-once.ts';
import { cpuDuring } from '../report/process-cpu.ts';
import type { Pool } from './packages.ts';
import type { Peer } from './peer.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS builds (id bigserial PRIMARY KEY, state text NOT NULL, worker int, attempt int NOT NULL DEFAULT 0,
    lease_until timestamptz, finished_at timestamptz);
  CREATE INDEX IF NOT EXISTS builds_pending ON builds (id) WHERE state = 'pending';
  CREATE TABLE IF NOT EXISTS workers (id int PRIMARY KEY, build bigint);
  INSERT INTO workers (id) SELECT * FROM generate_series(0, 63) ON CONFLICT DO NOTHING;`;

/** Build and worker in one transaction, which is one statement and so one round trip: the best that SQL can do. */
const CLAIM = `
  WITH picked AS (SELECT id FROM builds WHERE state = 'pending' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED),
    taken AS (UPDATE builds SET state = 'assigned', worker = $1, attempt = attempt + 1, lease_until = now() + interval '85 s'
      FROM picked WHERE builds.id = picked.id RETURNING builds.id, builds.attempt)
  UPDATE workers SET build = taken.id FROM taken WHERE workers.id = $1 AND workers.build IS NULL RETURNING taken.id, taken.attempt`;

const FINISH = `
  WITH ended AS (UPDATE builds SET state = 'completed', finished_at = now(), lease_until = NULL
      WHERE id = $2 AND worker = $1 AND attempt = $3 AND state IN ('assigned', 'building') RETURNING id)
  UPDATE workers SET build = NULL FROM ended WHERE workers.id = $1 AND workers.build = ended.id RETURNING ended.id`;

/** What one would write without any of these systems. */
export async function plainSql(name: string, pool: Pool, enginePid: number): Promise<Peer> {
  await pool.query(TABLES);
  const run = async (query: string, text: string, values: unknown[]) => {
    const { rows } = await pool.query({ name: query, text, values });
    return rows[0];
  };
  return {
    name,
    enginePid,
    fill: async (jobs) => {
      await pool.query(`INSERT INTO builds (state) SELECT 'pending' FROM generate_series(1, ${jobs})`);
    },
    drain: async (jobs, claimers) => {
      let finished = 0;
      const drained = await cpuDuring(enginePid, () =>
        atOnce(claimers, async (worker) => {
          for (;;) {
            const claimed = await run('claim', CLAIM, [worker]);
            if (!claimed) return;
            const { id, attempt } = claimed;
            if (!(await run('finish', FINISH, [worker, id, attempt]))) throw new Error('a build was lost');
            finished += 1;
          }
        }),
      );
      if (finished !== jobs) throw new Error(`${name} finished ${finished} of ${jobs}`);
      return drained;
    },
    close: () => pool.end(),
  };
}
