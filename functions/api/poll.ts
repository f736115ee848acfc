import { assignBuild } from '../../lib/app/assign-build.ts';
import { spreadPolls } from '../../lib/app/spread-polls.ts';
import { api } from '../../lib/runtime/api.ts';
import {
  builds,
  chance,
  clock,
  gate,
  leases,
  openTable,
  pauseLookout,
  queues,
  report,
  secrets,
  waiting,
  workers,
} from '../../lib/runtime/container.ts';
import { LEASES, QUARANTINE, QUEUES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { AWorker } from '../../lib/runtime/inputs/workers.ts';
import { pollView } from '../../lib/runtime/worker-views.ts';

const env = readEnv([...RECORDS, ...QUEUES, ...LEASES, ...QUARANTINE]);
const table = openTable(env);
const stores = { builds: builds(table), workers: workers(table), queue: queues(env), waiting: waiting(table) };
const deps = { ...stores, lookout: pauseLookout(table), secrets, clock, chance, report, pace: spreadPolls() };

export const handler = api(
  { access: 'poll', gate: gate(env, table), input: AWorker },
  async (_input, { worker, tokenHash, token }) => {
    const answer = await assignBuild(deps, worker, tokenHash, leases(env));
    return { status: 200, body: pollView(answer, token, env) };
  },
);
