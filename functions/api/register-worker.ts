import { registerWorker } from '../../lib/app/register-worker.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, openTable, queues, report, secrets, workers } from '../../lib/runtime/container.ts';
import { QUEUES, RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { Registration } from '../../lib/runtime/inputs/workers.ts';
import { registrationOf } from '../../lib/runtime/registration.ts';
import { registeredView } from '../../lib/runtime/worker-views.ts';

const env = readEnv([...RECORDS, ...QUEUES, 'LEASE_SECONDS', 'MAX_ATTEMPTS']);
const table = openTable(env);
const stores = { workers: workers(table), builds: builds(table), queue: queues(env) };
const deps = { ...stores, secrets, clock, report, maxAttempts: env.MAX_ATTEMPTS };

export const handler = api(
  { access: 'register-worker', gate: gate(env, table), input: Registration },
  async (input, { key, headers }) => {
    const registered = await registerWorker(deps, registrationOf(input, key, headers));
    return { status: 200, body: registeredView(registered, env.LEASE_SECONDS) };
  },
);
