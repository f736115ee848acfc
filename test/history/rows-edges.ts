import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { TestWorker } from '../support/controller.ts';
import { inLanes, runLoad } from './crew.ts';
import type { Attack } from './nemesis.ts';
import type { Row, Stage } from './rows.ts';
import { ineligible } from './rows-eligibility.ts';
import { lostTokens } from './rows-tokens.ts';
import { expiredVisibility } from './rows-visibility.ts';

/** Rows about who may have what, and about requests that should not be. */

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
    const { SendMessage = 0, PutObject = 0 } = world.nemesis.counts();
    const after = await recordsOf(stage);
    const changed = [...after].filter(([id, item]) => !isDeepStrictEqual(before.get(id), item)).length;
    stage.blameBadRequests(changed + Math.abs(after.size - before.size) + SendMessage + PutObject);
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
