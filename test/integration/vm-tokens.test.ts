import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultyController, startFaultyController } from '../support/fault-controller.ts';
import { vmScene } from '../support/vm-scene.ts';

describe('the tokens of a virtual machine', () => {
  let controller: FaultyController;
  let vm: ReturnType<typeof vmScene>;
  beforeAll(async () => {
    controller = await startFaultyController();
    vm = vmScene(controller);
  });
  beforeEach(() => controller.reset());
  afterAll(() => controller.close());

  const code = ({ status, body }: { status: number; body: { code?: string } }) => [status, body?.code];
  /** Everything that a virtual machine may do, as whoever shows the token. */
  const all = (buildId: string, token: string) => {
    const headers = vm.asVm(token);
    const line = { level: 'info', message: 'still here' };
    return Promise.all([
      vm.beat(buildId, token),
      vm.ready(buildId, token),
      controller.request('POST', `/api/builds/${buildId}/logs`, { headers, json: line }),
      controller.request('GET', `/api/builds/${buildId}/source`, { headers }),
    ]);
  };
  const abandon = (worker: { token: string; id: string }, buildId: string) =>
    controller.request('POST', '/api/workers/abandon', { headers: controller.as(worker), json: { build_id: buildId } });

  it('die with their attempt: while the build waits, and when the next attempt has begun', async () => {
    const { build, worker, vmToken, beatToken } = await vm.running();
    await abandon(worker, build.id);
    const lost = [409, 'lease_lost'];
    const expectLost = async () => {
      const before = await controller.items();
      expect((await all(build.id, vmToken)).map(code)).toEqual([lost, lost, lost, lost]);
      expect(code(await vm.beat(build.id, beatToken))).toEqual(lost);
      expect((await vm.status(build.id)).body).toEqual({ vm_ready: false });
      expect(await controller.items()).toEqual(before);
    };
    await expectLost();
    const next = await controller.register('next', ['android']);
    expect((await controller.poll(next)).body.job).toMatchObject({ id: build.id, attempt: 2 });
    await expectLost();
  });

  it('of a build that was cancelled are told to stop, and so is the worker by the token for signs of life', async () => {
    const { build, vmToken, beatToken } = await vm.running();
    await controller.request('POST', `/api/builds/${build.id}/cancel`, { headers: controller.key });
    const gone = [410, 'build_cancelled'];
    expect((await all(build.id, vmToken)).map(code)).toEqual([gone, gone, gone, gone]);
    expect(code(await vm.beat(build.id, beatToken))).toEqual(gone);
    expect((await vm.status(build.id)).body).toEqual({ vm_ready: false });
  });

  it('are good as long as the attempt lives, and nothing counts how often they are shown', async () => {
    const { build, beatToken } = await vm.running();
    await controller.tamperBuild(build.id, { otpExpiresAt: 1, otpUsedAt: 1, startedAt: Date.now() - 7_200_000 });
    const beats = await Promise.all(Array.from({ length: 40 }, () => vm.beat(build.id, beatToken)));
    expect(new Set(beats.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('are of one build: another is not the machine’s', async () => {
    const [one, other] = [await vm.running(), await vm.running()];
    const lost = [409, 'lease_lost'];
    expect((await all(other.build.id, one.vmToken)).map(code)).toEqual([lost, lost, lost, lost]);
    expect(code(await vm.beat(other.build.id, one.beatToken))).toEqual(lost);
    expect(code(await vm.beat('no-such-build', one.beatToken))).toEqual([404, 'build_not_found']);
  });

  it('of a machine whose assignment was handed out again are replaced by those of the next', async () => {
    const { build, worker, vmToken } = await vm.admitted();
    const otp = (await controller.poll(worker)).body.job.otp;
    expect((await vm.beat(build.id, vmToken)).status).toBe(200);
    const next = (await vm.authenticate(build.id, otp)).body.vm_token;
    expect(code(await vm.beat(build.id, vmToken))).toEqual([409, 'lease_lost']);
    expect((await vm.beat(build.id, next)).status).toBe(200);
  });

  it('make a heartbeat no dearer: one write unit, no index', async () => {
    const { build, beatToken } = await vm.running();
    await controller.callsOf(() => vm.beat(build.id, beatToken));
    const [call] = controller.dynamodbFaults.calls;
    const input = { ...JSON.parse(call?.body ?? ''), ReturnConsumedCapacity: 'INDEXES' };
    const { ConsumedCapacity: consumed } = await controller.dynamo.send(new UpdateItemCommand(input));
    expect([consumed?.CapacityUnits, consumed?.Table?.CapacityUnits]).toEqual([1, 1]);
  });

  it('beside a good credential that is bad itself spoils nothing', async () => {
    const { build, worker } = await vm.admitted();
    const path = `/api/builds/${build.id}/heartbeat?worker_id=${worker.id}`;
    const withKey = { ...controller.key, 'x-vm-token': 'x'.repeat(43) };
    expect((await controller.request('POST', path, { headers: withKey })).status).toBe(200);
    const empty = { ...controller.as(worker), 'x-vm-token': '', 'x-api-key': '' };
    expect((await controller.request('POST', path, { headers: empty })).status).toBe(200);
  });
});
