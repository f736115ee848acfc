import { sweepCerts } from '../../lib/app/sweep-certs.ts';
import { builds, certObjectsOf, clock, marks, openTable, report } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { schedule } from '../../lib/runtime/schedule.ts';

const env = readEnv([...TABLE, 'CERTS_BUCKET', 'S3_ENDPOINT']);
const table = openTable(env);
const deps = { builds: builds(table), certs: certObjectsOf(env), marks: marks(table), clock, report };

export const handler = schedule((budgetMs) => sweepCerts(deps, clock() + budgetMs));
