import { queuePlace } from '../../lib/app/queue-place.ts';
import { api } from '../../lib/runtime/api.ts';
import { clock, gate, index, openTable, pauses, quarantineOf } from '../../lib/runtime/container.ts';
import { QUARANTINE, readEnv, TABLE } from '../../lib/runtime/env.ts';
import { OneBuild } from '../../lib/runtime/inputs/builds.ts';
import { queueView } from '../../lib/runtime/views.ts';

const env = readEnv([...TABLE, ...QUARANTINE, 'BUILD_TOKEN_DAYS']);
const table = openTable(env);
const deps = { index: index(table), pauses: pauses(table), clock, quarantine: quarantineOf(env) };

export const handler = api(
  { access: 'queue-place', gate: gate(env, table), input: OneBuild },
  async (_input, { build }) => {
    // Only what waits has a place; the rest is answered without a look.
    const place = build.state === 'pending' ? await queuePlace(deps, build) : undefined;
    return { status: 200, body: queueView(build, place) };
  },
);
