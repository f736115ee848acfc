import { authenticateVm } from '../../lib/app/authenticate-vm.ts';
import { api } from '../../lib/runtime/api.ts';
import { builds, clock, deriveWith, openTable, report, secrets } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { Exchange } from '../../lib/runtime/inputs/vm.ts';

const env = readEnv([...TABLE, 'MAX_BUILD_SECONDS']);
const derive = deriveWith(env.CONTROLLER_API_KEY);
const deps = { builds: builds(openTable(env)), secrets, derive, clock, report };

export const handler = api({ access: 'authenticate-vm', input: Exchange }, async ({ id, otp }) => {
  const { token, expiresAt } = await authenticateVm(deps, id, otp, env.MAX_BUILD_SECONDS * 1000);
  return { status: 200, body: { vm_token: token, expires_at: new Date(expiresAt).toISOString() } };
});
