import { randomBytes } from 'node:crypto';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { TestWorker } from '../support/controller.ts';
import { inLanes, runLoad, times } from './crew.ts';
import type { Attack } from './nemesis.ts';
import type { Job } from './recorded-client.ts';
import type { Row, Stage } from './rows.ts';
import { advance } from './time-travel.ts';

/** Rows about who may have what, and about requests that should not be. */

/** Counts receives from the queue; harms nobody. */
function watchReceives(queue: string) {
  const seen = { receives: 0 };
  const watch: Attack = {
    operations: ['ReceiveMessage'],
    share: 1,
    fault: ({ body }) => {
      if (body.includes(queue)) seen.receives += 1;
      return undefined;
    },
  };
  return { seen, watch };
}

const ineligible: Row = {
  name: 'ineligible',
  fault: 'ineligible workers poll (platform, busy, drained, quarantined, revoked)',
  volume: 10_000,
  few: 100,
  isFaulty: false,
  async act(stage) {
    const { client, world } = stage;
    const { controller } = world;
    const busy = await client.register();
    await client.submit();
    const job = busy && (await client.poll(busy));
    if (busy && job) await client.say('heartbeat', busy, job);
    const workers = await times(4, () => client.register());
    const [drained, struck, revoked] = workers;
    const wrong = await client.register(['android']);
    if (!busy || !job || !drained || !struck || !revoked || !wrong) throw new Error('nobody to refuse');
    await controller.request('POST', `/api/workers/${drained.id}/drain`, { headers: controller.key, json: {} });
    await controller.tamperWorker(struck.id, { strikes: 5, lastOutcome: 'lost', releasedAt: Date.now() });
    await client.unregister(revoked);
    await times(5, () => client.submit());
    const { seen, watch } = watchReceives('-ios');
    stage.attack(watch);
    const given = await pollAll(stage, [busy, drained, struck, revoked, wrong]);
    stage.promise(`0 receives for workers that may have nothing (${seen.receives})`, seen.receives === 0);
    stage.promise(`0 builds for workers that may have nothing (${given})`, given === 0);
    await client.insist(() => client.say('fail', busy, job));
    await runLoad(stage, { builds: 0, pollers: 2 });
  },
};

async function pollAll(stage: Stage, workers: readonly TestWorker[]): Promise<number> {
  let given = 0;
  for (let polls = 0; polls < stage.volume; polls += workers.length) {
    const jobs = await Promise.all(workers.map((worker) => stage.client.poll(worker)));
    given += jobs.filter(Boolean).length;
    stage.inject(workers.length);
  }
  return given;
}

/** The worker never learns of the token that its registration was answered with. */
const lostTokens: Row = {
  name: 'lost-tokens',
  fault: 'token re-registration with the reply lost',
  volume: 1_000,
  few: 10,
  isFaulty: false,
  async act(stage) {
    const { client } = stage;
    let left = stage.volume;
    await times(4, async () => {
      while (left > 0) {
        left -= 1;
        const worker = await client.register();
        await client.submit();
        if (!worker) continue;
        await client.register(['ios'], { id: worker.id });
        stage.inject();
        const job = await client.poll(worker);
        const isIn = await works(stage, worker, job);
        stage.promise('the former token is good when the answer with the new one was lost', isIn);
      }
    });
  },
};

async function works({ client }: Stage, worker: TestWorker, job: Job | undefined): Promise<boolean> {
  if (!job) return false;
  const beat = await client.say('heartbeat', worker, job);
  const upload = await client.ticket(worker, job);
  if (!upload || (await client.put(upload)) !== 200) return false;
  return beat.kind === 'ok' && (await client.complete(worker, job, upload)).kind === 'ok';
}

/** The message shows itself again between its receive and the commit. */
const expiredVisibility: Row = {
  name: 'visibility-expires',
  fault: 'visibility expires between receive and commit',
  volume: 500,
  few: 8,
  isFaulty: false,
  async act(stage) {
    const { client } = stage;
    for (let round = 0; round < stage.volume; round++) {
      await client.submit();
      const workers = (await times(2, () => client.register())).flatMap((worker) => worker ?? []);
      const [slow, quick] = workers;
      if (!slow || !quick) continue;
      let isHeld = false;
      const hold = () => {
        isHeld = true;
        return { slow: 60 } as const;
      };
      stage.attack({ operations: ['TransactWriteItems'], share: 1, times: 1, fault: hold });
      const first = client.poll(slow);
      while (!isHeld) await yieldToOthers();
      advance(31_000);
      const jobs = await Promise.all([first, client.poll(quick)]);
      const granted = jobs.flatMap((job, index) => (job ? [{ job, worker: workers[index] }] : []));
      stage.promise('one of the two is granted the build', granted.length === 1);
      for (const { job, worker } of granted) if (worker) await client.insist(() => client.say('fail', worker, job));
    }
  },
};

const badRequests: Row = {
  name: 'bad-requests',
  fault: 'bad requests: bodies, ids, credentials, other people’s builds',
  volume: 1_000,
  few: 3,
  isFaulty: false,
  async act(stage) {
    const { client, world } = stage;
    await runLoad(stage, { builds: 5, pollers: 2 });
    const build = await client.submit();
    const stranger = await client.register(['android']);
    if (!build || !stranger) throw new Error('nobody to refuse');
    stage.attack();
    const before = await recordsOf(stage);
    for (let round = 0; round < stage.volume; round++) {
      for (const { method, path, ...rest } of requestsThatAreWrong(client.http.key, stranger, build)) {
        stage.inject();
        await client.bad(() => client.http.request(method, path, rest));
      }
    }
    const { SendMessage = 0, PUT = 0 } = world.nemesis.counts();
    const after = await recordsOf(stage);
    const changed = [...after].filter(([id, item]) => !isDeepStrictEqual(before.get(id), item)).length;
    stage.blameBadRequests(changed + Math.abs(after.size - before.size) + SendMessage + PUT);
  },
};

async function recordsOf({ world }: Stage): Promise<Map<string, object>> {
  return new Map((await world.controller.items()).map((item) => [`${item.pk} ${item.sk}`, item]));
}

interface Wrong {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly body?: string;
}

function requestsThatAreWrong(key: Record<string, string>, stranger: TestWorker, build: string): Wrong[] {
  const token = { 'x-worker-token': stranger.token };
  const json = { 'content-type': 'application/json' };
  const post = (path: string, headers: Record<string, string>, more: object): Wrong => ({
    method: 'POST',
    path,
    headers,
    ...more,
  });
  return [
    post('/api/builds', { ...key, ...json }, { body: '{"platform":' }),
    post('/api/builds', { ...key, ...json }, { body: '[]' }),
    post('/api/builds', key, { json: { platform: 'windows', upload_id: 'a'.repeat(21) } }),
    post('/api/builds', { ...key, 'idempotency-key': 'é'.repeat(1) }, { json: { platform: 'ios', upload_id: 'a' } }),
    post('/api/workers/register', key, { json: { name: '', capabilities: {} } }),
    post('/api/workers/register', { 'x-api-key': 'wrong' }, { json: { name: 'a', capabilities: {} } }),
    { method: 'GET', path: '/api/workers/poll', headers: { 'x-worker-token': randomBytes(48).toString('base64url') } },
    post(`/api/builds/${build}/heartbeat`, token, { json: { attempt: -1 } }),
    post(`/api/builds/${build}/heartbeat`, token, { json: { attempt: 1 } }),
    post(`/api/builds/${build}/logs`, token, { json: { level: 'info', message: 'not mine' } }),
    post(`/api/builds/${build}/uploads`, token, { json: { size: 5, sha256: 'a'.repeat(64) } }),
    post(`/api/builds/${build}/cancel`, { 'x-build-token': 'wrong' }, { json: {} }),
    post('/api/workers/result', token, { json: { build_id: build, success: false } }),
    post('/api/workers/result', token, { json: { build_id: '../../x', success: true } }),
    post('/api/workers/abandon', token, { json: { build_id: build } }),
    { method: 'GET', path: `/api/builds/${build}/source`, headers: token },
    { method: 'GET', path: `/api/builds/${'x'.repeat(2000)}/status`, headers: key },
  ];
}

/** A message that nobody could use: its build ends, unless it moved on. */
const deadLetters: Row = {
  name: 'dead-letters',
  fault: 'messages put aside as dead letters',
  volume: 500,
  few: 10,
  isFaulty: false,
  async act(stage) {
    const { client, world, dice } = stage;
    const messages: { body: string; id: string }[] = [];
    const keep: Attack = {
      operations: ['SendMessage'],
      share: 1,
      fault: ({ body }) => {
        const message: string = JSON.parse(body).MessageBody;
        messages.push({ body: message, id: JSON.parse(message).buildId });
        return undefined;
      },
    };
    stage.attack(keep);
    await inLanes(stage.volume, () => client.submit());
    const half = messages.filter(() => dice.happens(0.5));
    await Promise.all([
      runLoad(stage, { builds: 0, pollers: 4, habits: { isCancelled: 0 } }),
      inLanes(half.length, async () => {
        const message = half.pop();
        if (!message) return;
        await world.controller.sendRaw('deadLetters', message.body);
        stage.inject();
        stage.bury(message.id);
        await world.controller.stack.pollQueues();
      }),
    ]);
  },
};

export const EDGE_ROWS: readonly Row[] = [ineligible, lostTokens, expiredVisibility, badRequests, deadLetters];
