import { recordTelemetry } from '../../lib/app/record-telemetry.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, gate, metrics, openTable, report, workers } from '../../lib/runtime/container.ts';
import { RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { Telemetry, telemetryOf } from '../../lib/runtime/inputs/telemetry.ts';

const env = readEnv([...RECORDS, 'LEASE_SECONDS']);
const table = openTable(env);
const deps = { builds: builds(table), workers: workers(table), metrics: metrics(table), clock, report };

export const handler = api(
  { access: 'record-telemetry', gate: gate(env, table), input: Telemetry },
  async (input, { claim }) => {
    await recordTelemetry(deps, input.id, claim, telemetryOf(input, clock()), env.LEASE_SECONDS * 1000);
    return { status: 200, body: { status: 'ok' } };
  },
);
