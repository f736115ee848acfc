import { createHash, randomBytes } from 'node:crypto';
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

const RESULT = randomBytes(300);

function bring(buildId: string, token: string, file: Buffer | null = RESULT, name = 'artifact') {
  const form = new FormData();
  if (file) form.append(name, new Blob([new Uint8Array(file)]), 'App.ipa');
  form.append('note', 'a field of no meaning');
  return controller.request('POST', `/api/builds/${buildId}/artifact`, { headers: vm.asVm(token), body: form });
}

/** As the old worker ends a build whose machine has brought the result. */
function report(build: { id: string }, worker: { id: string }, success: boolean) {
  const form = new FormData();
  form.append('build_id', build.id);
  form.append('worker_id', worker.id);
  form.append('success', String(success));
  if (!success) form.append('error_message', 'the machine is gone');
  return controller.request('POST', '/api/workers/upload', { headers: controller.key, body: form });
}

const outcome = ({ status, body }: { status: number; body: object }) => [status, body];

describe('a build in a virtual machine', () => {
  it('is completed by its artifact; the worker’s own report changes nothing, be it success or failure (§7 hole 26)', async () => {
    const { build, worker, vmToken } = await vm.running();
    expect(outcome(await bring(build.id, vmToken))).toEqual([200, { success: true }]);
    const before = await controller.items();
    for (const success of [true, false, true]) {
      expect((await report(build, worker, success)).status).toBe(200);
    }
    expect(await controller.items()).toEqual(before);
    expect(await controller.status(build.id)).toMatchObject({ status: 'completed', error_message: null });
    const file = await fetch(`${controller.url}/api/builds/${build.id}/download`, { headers: controller.key });
    expect(Buffer.from(await file.arrayBuffer())).toEqual(RESULT);
    expect(await controller.workerItem(worker.id)).toMatchObject({ completedBuilds: 1, failedBuilds: 0 });
  });

  it('whose artifact was answered and the answer lost takes it again, with the same answer and one effect', async () => {
    const { build, worker, vmToken } = await vm.running();
    controller.dynamodbFaults.fail('TransactWriteItems', 'dropAfter', 1);
    const answers = [await bring(build.id, vmToken), await bring(build.id, vmToken)];
    expect(answers.map(outcome)).toEqual([
      [200, { success: true }],
      [200, { success: true }],
    ]);
    expect((await controller.workerItem(worker.id)).completedBuilds).toBe(1);
    const other = await bring(build.id, vmToken, randomBytes(10));
    expect([other.status, other.body.code]).toEqual([410, 'build_finished']);
  });

  it('takes two of the same artifact at once for one', async () => {
    const { build, worker, vmToken } = await vm.running();
    const answers = await Promise.all([bring(build.id, vmToken), bring(build.id, vmToken)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await controller.workerItem(worker.id)).completedBuilds).toBe(1);
  });

  it('takes an artifact that was uploaded before, and again', async () => {
    const { build, vmToken } = await vm.running();
    const headers = vm.asVm(vmToken);
    const json = { size: RESULT.length, sha256: createHash('sha256').update(RESULT).digest('hex') };
    const ticket = await controller.request('POST', `/api/builds/${build.id}/uploads`, { headers, json });
    expect(ticket.status).toBe(200);
    const put = { method: 'PUT', headers: ticket.body.headers, body: new Uint8Array(RESULT) };
    expect((await fetch(ticket.body.url, put)).status).toBe(200);
    const finish = { upload_id: ticket.body.upload_id };
    for (const _time of ['first', 'second']) {
      const answer = await controller.request('POST', `/api/builds/${build.id}/artifact`, { headers, json: finish });
      expect(outcome(answer)).toEqual([200, { success: true }]);
    }
    expect(await controller.status(build.id)).toMatchObject({ status: 'completed', result_size: RESULT.length });
  });

  it('says what is missing, and takes nothing for a build that was cancelled or taken back', async () => {
    const { build, worker, vmToken } = await vm.running();
    const missing = [400, 'No artifact file provided'];
    for (const answer of [
      await bring(build.id, vmToken, null),
      await bring(build.id, vmToken, Buffer.alloc(0)),
      await bring(build.id, vmToken, RESULT, 'result'),
      await controller.request('POST', `/api/builds/${build.id}/artifact`, { headers: vm.asVm(vmToken), json: {} }),
    ]) {
      expect([answer.status, answer.body.error]).toEqual(missing);
    }
    const json = { build_id: build.id };
    const cancelled = await vm.running();
    await controller.request('POST', '/api/workers/abandon', { headers: controller.as(worker), json });
    expect((await bring(build.id, vmToken)).status).toBe(409);
    await controller.request('POST', `/api/builds/${cancelled.build.id}/cancel`, { headers: controller.key });
    expect((await bring(cancelled.build.id, cancelled.vmToken)).status).toBe(410);
    expect((await bring('no-such-build', vmToken)).status).toBe(404);
  });

  it('whose machine brings nothing fails with the worker’s success without a file', async () => {
    const { build, worker } = await vm.running();
    expect((await report(build, worker, true)).body).toMatchObject({ status: 'failed' });
  });
});

describe('progress in a heartbeat', () => {
  const lines = async (id: string): Promise<string[]> => {
    const { body } = await controller.request('GET', `/api/builds/${id}/logs`, { headers: controller.key });
    return body.logs.map(({ message }: { message: string }) => message).filter((text: string) => /progress/.test(text));
  };

  it('is one line for each new figure, and costs nothing while it stays', async () => {
    const { build, beatToken } = await vm.running();
    const beat = (json: object) => vm.beat(build.id, beatToken, json);
    for (const progress of [10, 10, 55]) expect((await beat({ progress })).status).toBe(200);
    expect(await lines(build.id)).toEqual(['Build progress: 10%', 'Build progress: 55%']);
    for (const json of [{ progress: 55 }, {}]) {
      expect((await controller.callsOf(() => beat(json))).dynamodb).toEqual({ UpdateItem: 1 });
    }
  });

  it('that is none is let pass: no heartbeat is refused for it', async () => {
    const { build, beatToken } = await vm.running();
    for (const progress of [-1, 101, 1.5, '50', null, [], {}, true]) {
      expect((await vm.beat(build.id, beatToken, { progress })).status).toBe(200);
    }
    expect(await lines(build.id)).toEqual([]);
  });

  it('and the heartbeat itself may come to the workers’ path, with the build in the body', async () => {
    const { build, worker } = await vm.running();
    const beat = (json: object) =>
      controller.request('POST', '/api/workers/heartbeat', { headers: controller.as(worker), json });
    expect((await beat({ build_id: build.id, progress: 7 })).body).toMatchObject({ status: 'ok' });
    expect(await lines(build.id)).toEqual(['Build progress: 7%']);
    const refused = await beat({});
    expect([refused.status, refused.body.error]).toEqual([400, 'build_id required']);
  });
});
