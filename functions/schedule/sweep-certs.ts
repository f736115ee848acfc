import { sweepCerts } from '../../lib/app/sweep-certs.ts';
import { builds, certObjectsOf, clock, marks, openTable, report } from '../../lib/runtime/container.ts';
import { RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { schedule } from '../../lib/runtime/schedule.ts';

const env = readEnv([...RECORDS, 'CERTS_BUCKET', 'S3_ENDPOINT']);
const table = openTable(env);
const deps = { builds: builds(table), certs: certObjectsOf(env), marks: marks(table), clock, report };

export const handler = schedule((budgetMs) => sweepCerts(deps, clock() + budgetMs));
