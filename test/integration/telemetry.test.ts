import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultyController, startFaultyController } from '../support/fault-controller.ts';
import { vmScene } from '../support/vm-scene.ts';

let controller: FaultyController;
let vm: ReturnType<typeof vmScene>;
beforeAll(async () => {
  controller = await startFaultyController();
  vm = vmScene(controller);
});
beforeEach(() => controller.reset());
afterAll(() => controller.close());

const HEARTBEAT = {
  type: 'heartbeat',
  timestamp: new Date(0).toISOString(),
  data: { heartbeat_count: 1, stage: 'compiling', metrics: { cpu_percent: 150, memory_mb: 2048 }, uptime_seconds: 9 },
};
const post = (buildId: string, headers: Record<string, string>, json: unknown = HEARTBEAT) =>
  controller.request('POST', `/api/builds/${buildId}/telemetry`, { headers, json });
const ids = (buildId: string, workerId: string) => ({ 'x-worker-id': workerId, 'x-build-id': buildId });
const code = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];

describe('telemetry', () => {
  it('is a heartbeat by each credential that proves the attempt, and a write; a second one once a minute', async () => {
    const { build, worker, vmToken, beatToken } = await vm.running();
    const both = ids(build.id, worker.id);
    const credentials = [
      { ...controller.key, ...both },
      { ...vm.asVm(vmToken), ...both },
      { ...vm.asVm(beatToken), ...both },
      controller.as(worker),
    ];
    for (const headers of credentials) {
      await controller.tamperBuild(build.id, { leaseUntil: 1, sampledMinute: undefined });
      const first = await controller.callsOf(async () => {
        expect((await post(build.id, headers)).body).toEqual({ status: 'ok' });
      });
      expect(first.dynamodb).toEqual({ UpdateItem: 1, PutItem: 1 });
      expect((await controller.buildItem(build.id)).leaseUntil).toBeGreaterThan(Date.now() + 80_000);
    }
    const { cpuSum, cpuCount } = await controller.buildItem(build.id);
    expect([cpuSum, cpuCount]).toEqual([600, 4]);
    const again = await controller.callsOf(() => post(build.id, vm.asVm(beatToken), { type: 'monitor_started' }));
    expect(again.dynamodb).toEqual({ UpdateItem: 1 });
    expect(await controller.status(build.id)).toMatchObject({ status: 'building' });
  });

  it('is read minute by minute, by whoever may see the build', async () => {
    const { build, beatToken } = await vm.running();
    await post(build.id, vm.asVm(beatToken));
    const read = (headers: Record<string, string>) =>
      controller.request('GET', `/api/builds/${build.id}/metrics`, { headers });
    for (const headers of [controller.key, { 'x-build-token': build.token }]) {
      const point = { time: expect.any(Number), cpu_percent: 150, memory_mb: 2048, stage: 'compiling' };
      expect((await read(headers)).body).toEqual({ build_id: build.id, samples: [point] });
    }
    expect((await read(vm.asVm(beatToken))).status).toBe(401);
    const [item] = (await controller.items()).filter(({ sk }) => sk.startsWith('METRIC#'));
    expect(item.expiresAt).toBeGreaterThan(Date.now() / 1000 + 89 * 86_400);
  });

  it('by ids and no secret gives figures of the present holder and never makes a lease longer', async () => {
    const { build, worker } = await vm.running();
    const before = await controller.buildItem(build.id);
    expect(code(await post(build.id, ids(build.id, worker.id)))).toEqual([200, undefined]);
    const after = await controller.buildItem(build.id);
    const { cpuSum, cpuCount, sampledMinute, ...rest } = after;
    expect([cpuSum, cpuCount, sampledMinute]).toEqual([150, 1, expect.any(Number)]);
    expect(rest).toEqual(before);
    const other = await controller.register('other', ['android']);
    const items = await controller.items();
    expect((await post(build.id, ids(build.id, other.id))).body).toEqual({ status: 'ok' });
    expect((await post('no-such-build', ids('no-such-build', other.id))).body).toEqual({ status: 'ok' });
    expect(await controller.items()).toEqual(items);
  });

  it('with a credential that is wrong is not taken for one without', async () => {
    const { build, worker } = await vm.running();
    const both = ids(build.id, worker.id);
    const before = await controller.items();
    expect(code(await post(build.id, { ...both, 'x-api-key': 'wrong' }))).toEqual([403, 'invalid_credential']);
    expect(code(await post(build.id, { ...both, 'x-vm-token': 'wrong' }))).toEqual([401, 'vm_token_invalid']);
    expect(code(await post(build.id, { ...both, 'x-vm-token': 'v'.repeat(43) }))).toEqual([409, 'lease_lost']);
    expect(code(await post(build.id, { 'x-worker-id': worker.id }))).toEqual([401, 'missing_credential']);
    expect(code(await post(build.id, {}))).toEqual([401, 'missing_credential']);
    const another = { ...controller.key, ...ids('another-build', worker.id) };
    const mismatch = await post(build.id, another);
    expect([mismatch.status, mismatch.body.error]).toEqual([403, 'X-Build-Id header does not match build ID in URL']);
    expect(await controller.items()).toEqual(before);
  });

  it('that is no telemetry is refused; figures that cannot be true are dropped, and the heartbeat stands', async () => {
    const { build, beatToken } = await vm.running();
    const headers = vm.asVm(beatToken);
    for (const json of [
      {},
      { type: 'cpu' },
      { type: 7, data: {} },
      { type: 'heartbeat', data: [] },
      { type: 'heartbeat', data: 'x' },
    ]) {
      const answer = await post(build.id, headers, json);
      expect([answer.status, answer.body.error]).toEqual([400, 'Invalid telemetry data']);
    }
    await controller.tamperBuild(build.id, { leaseUntil: 1 });
    const wild = { type: 'heartbeat', data: { metrics: { cpu_percent: 1001, memory_mb: 1 } } };
    expect((await post(build.id, headers, wild)).status).toBe(200);
    const item = await controller.buildItem(build.id);
    expect([item.cpuSum, item.leaseUntil > Date.now()]).toEqual([undefined, true]);
  });

  it('tells who has lost the build, or whose build was cancelled, to stop', async () => {
    const { build, beatToken } = await vm.running();
    await controller.request('POST', `/api/builds/${build.id}/cancel`, { headers: controller.key });
    expect(code(await post(build.id, vm.asVm(beatToken)))).toEqual([410, 'build_cancelled']);
  });
});
