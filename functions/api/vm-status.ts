import { vmStatus } from '../../lib/app/vm-status.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, openTable, secrets } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { OneBuild } from '../../lib/runtime/inputs/vm.ts';
import { vmStatusView } from '../../lib/runtime/vm-views.ts';

const env = readEnv(TABLE);
const deps = { builds: builds(openTable(env)), secrets, clock };

export const handler = api({ access: 'vm-status', input: OneBuild }, async ({ id }) => ({
  status: 200,
  body: vmStatusView(await vmStatus(deps, id)),
}));
