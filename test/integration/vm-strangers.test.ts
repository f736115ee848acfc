import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secrets } from '../../lib/runtime/secrets.ts';
import { type BadInputWorld, ROUTES, startBadInputWorld } from '../support/bad-input-world.ts';
import { rawRequest } from '../support/raw-http.ts';
import { vmScene } from '../support/vm-scene.ts';

describe('every other endpoint', () => {
  const BEATS = ['/api/builds/{id}/heartbeat', '/api/builds/{id}/telemetry', '/api/workers/heartbeat'];
  const FOR_A_VM = ['vm-ready', 'logs', 'source', 'artifact', 'certs', 'certs-secure', 'uploads'];
  const isForAVm = (path: string) =>
    BEATS.includes(path) || FOR_A_VM.some((name) => path.startsWith(`/api/builds/{id}/${name}`));
  // The page, too, which holds nothing of the project’s.
  const OPEN =
    /^(\/|\/dashboard\/\{file\}|\/health|\/api\/health|\/api\/stats|\/public\/stats|\/openapi\.json|\/api\/builds\/\{id\}\/(authenticate|vm-status))$/;
  let world: BadInputWorld;
  let tokens: { vm: string; beat: string };
  beforeAll(async () => {
    world = await startBadInputWorld();
    const vm = vmScene(world.controller);
    const otp = 'p'.repeat(43);
    const otpHash = secrets.hash(otp);
    await world.controller.tamperBuild(world.held.id, {
      otpHash,
      otpExpiresAt: Date.now() + 600_000,
      otpWrongTries: 0,
    });
    const vmToken = (await vm.authenticate(world.held.id, otp)).body.vm_token;
    await vm.ready(world.held.id, vmToken);
    tokens = { vm: vmToken, beat: (await vm.status(world.held.id)).body.vm_token };
    expect((await vm.beat(world.held.id, tokens.beat)).status).toBe(200);
  });
  afterAll(() => world.close());

  const refused = (routes: readonly (typeof ROUTES)[number][], which: 'vm' | 'beat') =>
    world.refuseAll(
      routes.map(({ route, method, path }) => ({
        method,
        path: world.pathOf(path),
        headers: { 'x-vm-token': tokens[which] },
        codes: /^((missing|invalid)_credential|(worker|vm)_token_invalid)$/,
        ...world.goodBody(route),
      })),
    );
  const closedTo = (isTaken: (path: string) => boolean) =>
    ROUTES.filter(({ path, route }) => !OPEN.test(path) && !(isTaken(path) && route !== 'GET /api/builds/{id}/logs'));
  const isForBeats = (path: string) => BEATS.includes(path);

  it('refuses the token for signs of life, and writes nothing (§7 hole 21)', async () => {
    expect(closedTo(isForBeats).length).toBeGreaterThan(15);
    await refused(closedTo(isForBeats), 'beat');
  });

  it('refuses the machine’s own token where it has no business, and writes nothing', async () => {
    await refused(closedTo(isForAVm), 'vm');
  });

  it('refuses either as a token of another kind', async () => {
    for (const token of Object.values(tokens)) {
      const headers = [{ 'x-worker-token': token }, { 'x-build-token': token }, { 'x-api-key': token }];
      await world.refuseAll(
        headers.flatMap((header) =>
          closedTo(() => false).map(({ route, method, path }) => ({
            method,
            path: world.pathOf(path),
            headers: header,
            codes: /^((missing|invalid)_credential|(worker|vm)_token_invalid)$/,
            ...world.goodBody(route),
          })),
        ),
      );
    }
  });

  it('takes a stranger no step of the way from the list of builds to their certificates (§7 hole 20)', async () => {
    const { controller, holder, held } = world;
    const steps = [
      { method: 'GET', path: '/api/builds' },
      {
        method: 'POST',
        path: '/api/workers/register',
        body: JSON.stringify({ id: holder.id, name: 'x', capabilities: {} }),
      },
      { method: 'GET', path: `/api/workers/poll?worker_id=${holder.id}` },
      { method: 'POST', path: `/api/builds/${held.id}/authenticate`, body: JSON.stringify({ otp: tokens.beat }) },
      { method: 'GET', path: `/api/builds/${held.id}/source` },
    ];
    await world.refuseAll(steps.map((step) => ({ ...step, codes: /^(missing_credential|otp_refused)$/ })));
    const again = await controller.register('again', ['ios'], { id: holder.id });
    expect(again.token).not.toBe(holder.token);
  });

  it('gives a source to its holder and its machine, and to no other worker (§7 hole 23)', async () => {
    const path = `/api/builds/${world.held.id}/source`;
    const get = async (headers: Record<string, string>) =>
      (await rawRequest(world.controller.url, { method: 'GET', path, headers })).status;
    expect(await get({ 'x-worker-token': world.idle.token })).toBe(409);
    expect(await get({ 'x-vm-token': tokens.vm })).toBe(200);
  });
});
