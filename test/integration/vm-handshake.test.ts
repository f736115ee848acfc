import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultyController, startFaultyController } from '../support/fault-controller.ts';
import { loggedEvents } from '../support/quiet.ts';
import { vmScene } from '../support/vm-scene.ts';

let controller: FaultyController;
let vm: ReturnType<typeof vmScene>;
beforeAll(async () => {
  controller = await startFaultyController();
  vm = vmScene(controller);
});
beforeEach(() => controller.reset());
afterAll(() => controller.close());

const TOKEN = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;
const refusal = ({ status, body }: { status: number; body: { error?: string } }) => [status, body.error];

describe('the handshake of a virtual machine', () => {
  it('goes from the one-time password to a build that is being built', async () => {
    const { build, worker, otp } = await vm.granted();
    expect((await vm.status(build.id)).body).toEqual({ vm_ready: false });
    const exchanged = await vm.authenticate(build.id, otp);
    expect([exchanged.status, Object.keys(exchanged.body)]).toEqual([200, ['vm_token', 'expires_at']]);
    expect(exchanged.body.vm_token).toMatch(TOKEN);
    expect(Date.parse(exchanged.body.expires_at)).toBe((await controller.buildItem(build.id)).startedAt + 10_800_000);
    expect((await vm.status(build.id)).body).toEqual({ vm_ready: false });

    const source = await fetch(`${controller.url}/api/builds/${build.id}/source`, {
      headers: vm.asVm(exchanged.body.vm_token),
    });
    expect([source.status, Buffer.from(await source.arrayBuffer())]).toEqual([200, build.source]);

    const ready = await vm.ready(build.id, exchanged.body.vm_token);
    const { vmReadyAt } = await controller.buildItem(build.id);
    expect([ready.status, ready.body]).toEqual([
      200,
      { success: true, vm_ready_at: new Date(vmReadyAt).toISOString() },
    ]);
    const told = await vm.status(build.id);
    expect(told.body).toEqual({
      vm_ready: true,
      vm_token: expect.stringMatching(TOKEN),
      vm_ready_at: ready.body.vm_ready_at,
    });
    expect(told.body.vm_token).not.toBe(exchanged.body.vm_token);
    expect((await vm.beat(build.id, told.body.vm_token)).status).toBe(200);
    const logs = { logs: [{ level: 'info', message: 'compiling' }] };
    const headers = vm.asVm(exchanged.body.vm_token);
    const logged = await controller.request('POST', `/api/builds/${build.id}/logs`, { headers, json: logs });
    expect(logged.body).toEqual({ success: true, count: 1 });
    expect(await controller.status(build.id)).toMatchObject({ status: 'building', worker_id: worker.id });
  });

  it('keeps no token and no password, in no item and no line of the log', async () => {
    const { build, otp, vmToken, beatToken } = await vm.running();
    await vm.beat(build.id, beatToken);
    const kept = JSON.stringify([await controller.items(), loggedEvents()]);
    expect([otp, vmToken, beatToken].filter((secret) => kept.includes(secret))).toEqual([]);
  });

  it('does not shorten the lease before the worker knows of the machine, and from the first heartbeat on does', async () => {
    const { build, vmToken } = await vm.admitted();
    const { leaseUntil } = await controller.buildItem(build.id);
    await vm.ready(build.id, vmToken);
    expect((await controller.buildItem(build.id)).leaseUntil).toBe(leaseUntil);
    await vm.beat(build.id, vmToken);
    expect((await controller.buildItem(build.id)).leaseUntil).toBeLessThan(Date.now() + 91_000);
  });

  it('is cheap: a read and a write, a write, a read; a heartbeat by either token is one write of one unit', async () => {
    const { build, otp } = await vm.granted();
    const calls = async (act: () => Promise<unknown>) => (await controller.callsOf(act)).dynamodb;
    let token = '';
    const exchange = async () => {
      token = (await vm.authenticate(build.id, otp)).body.vm_token;
    };
    expect(await calls(exchange)).toEqual({ GetItem: 1, UpdateItem: 1 });
    expect(await calls(exchange)).toEqual({ GetItem: 1 });
    expect(await calls(() => vm.ready(build.id, token))).toEqual({ UpdateItem: 1 });
    let beatToken = '';
    const ask = async () => {
      beatToken = (await vm.status(build.id)).body.vm_token;
    };
    expect(await calls(ask)).toEqual({ GetItem: 1 });
    for (const one of [token, beatToken]) {
      expect(await calls(() => vm.beat(build.id, one))).toEqual({ UpdateItem: 1 });
    }
  });
});

describe('a one-time password', () => {
  it('whose answer was lost is answered the same for a minute, and then no more', async () => {
    const { build, otp } = await vm.granted();
    const [first, again] = [await vm.authenticate(build.id, otp), await vm.authenticate(build.id, otp)];
    expect([again.status, again.body]).toEqual([200, first.body]);
    await controller.tamperBuild(build.id, { otpUsedAt: Date.now() - 60_000 });
    expect(refusal(await vm.authenticate(build.id, otp))).toEqual([401, 'OTP expired']);
    expect((await vm.beat(build.id, first.body.vm_token)).status).toBe(200);
  });

  it('whose write took effect and was not answered is exchanged nevertheless', async () => {
    const { build, otp } = await vm.granted();
    controller.dynamodbFaults.fail('UpdateItem', 'dropAfter', 1);
    const { status, body } = await vm.authenticate(build.id, otp);
    expect(status).toBe(200);
    expect((await vm.ready(build.id, body.vm_token)).status).toBe(200);
  });

  it('exchanged by two at once gives both the same token, and one of them wrote it', async () => {
    const { build, otp } = await vm.granted();
    const answers = await Promise.all(Array.from({ length: 8 }, () => vm.authenticate(build.id, otp)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.vm_token)).size).toBe(1);
    expect(loggedEvents('vm_admitted')).toHaveLength(1);
  });

  it('wrong six times is refused, and the right one is good all the same: no stranger ends a build (§7 hole 24)', async () => {
    const { build, worker, otp } = await vm.granted();
    const wrong = otp.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'));
    for (let tries = 1; tries <= 6; tries++) {
      expect(refusal(await vm.authenticate(build.id, wrong))).toEqual([401, 'Invalid OTP']);
    }
    expect((await controller.buildItem(build.id)).otpWrongTries).toBe(5);
    const again = (await controller.poll(worker)).body.job.otp;
    expect(refusal(await vm.authenticate(build.id, otp))).toEqual([401, 'Invalid OTP']);
    for (let tries = 1; tries <= 6; tries++) await vm.authenticate(build.id, wrong);
    expect((await vm.authenticate(build.id, again)).status).toBe(200);
  });

  it('is refused ten minutes after it was issued, and a new one is good (§7 hole 24)', async () => {
    const { build, worker, otp } = await vm.granted();
    await controller.tamperBuild(build.id, { otpExpiresAt: Date.now() - 1 });
    expect(refusal(await vm.authenticate(build.id, otp))).toEqual([401, 'OTP expired']);
    expect((await vm.authenticate(build.id, (await controller.poll(worker)).body.job.otp)).status).toBe(200);
  });

  it('of an older attempt, of another build, or of no attempt at all is refused', async () => {
    const { build, worker, otp } = await vm.granted();
    const other = await vm.granted();
    expect(refusal(await vm.authenticate(build.id, other.otp))).toEqual([401, 'Invalid OTP']);
    const json = { build_id: build.id };
    await controller.request('POST', '/api/workers/abandon', { headers: controller.as(worker), json });
    expect(refusal(await vm.authenticate(build.id, otp))).toEqual([401, 'No OTP configured for this build']);
    const next = await controller.register('next', ['android']);
    expect((await controller.poll(next)).body.job).toMatchObject({ id: build.id, attempt: 2 });
    expect(refusal(await vm.authenticate(build.id, otp))).toEqual([401, 'Invalid OTP']);
  });

  it('is refused in the words of the contract', async () => {
    const { build } = await vm.granted();
    const missing = 'Missing required parameter: otp';
    for (const json of [{}, { otp: '' }, { otp: null }, { otp: 7 }, { otp: ['x'] }]) {
      const answer = await controller.request('POST', `/api/builds/${build.id}/authenticate`, { json });
      expect(refusal(answer)).toEqual([400, missing]);
    }
    expect((await vm.authenticate(build.id, 'x'.repeat(300))).status).toBe(400);
    expect(refusal(await vm.authenticate('no-such-build', 'x'))).toEqual([404, 'Build not found']);
    expect((await controller.buildItem(build.id)).otpWrongTries).toBe(0);
    const waiting = await controller.submit('android');
    expect(refusal(await vm.authenticate(waiting.id, 'x'))).toEqual([401, 'No OTP configured for this build']);
  });
});
