import fc from 'fast-check';
import { type FunctionLoader, loadFromFunctions } from '../../infra/local/lambda-runtime.ts';
import { WHILE_PAUSED_MS } from '../../lib/domain/pause.ts';
import { advance, backToPresent } from '../history/time-travel.ts';
import { type Controller, startController } from '../support/controller.ts';
import { faultOf, MULTIPART, multipart, type RawRequest, rawRequest } from '../support/raw-http.ts';
import { watchWrites } from '../support/write-watch.ts';
import { type GeneratedRequest, generatedRequest, type Secret, type Value } from './generated-request.ts';

type Secrets = Record<Secret, string>;

/** A scene wears out: requests that are let in end its builds. After so many a new one is set. */
const SCENE_LASTS = 200;

export interface Tally {
  readonly statuses: ReadonlyMap<number, number>;
  /** What the handlers took. */
  readonly ms: readonly number[];
}

/** Sends so many; rejects with the smallest request that was answered as none may be, and the seed that finds it again. */
export async function sendGenerated(runs: number, seed?: number): Promise<Tally> {
  const watch = watchWrites();
  const ms: number[] = [];
  const controller = await startController({ viaProxy: watch.viaProxy, load: timed(ms) });
  const statuses = new Map<number, number>();
  let sent = 0;
  let secrets: Secrets | undefined;

  async function isAsItShouldBe(generated: GeneratedRequest): Promise<void> {
    secrets = secrets !== undefined && sent % SCENE_LASTS !== 0 ? secrets : await setScene(controller);
    sent += 1;
    const request = rendered(generated, secrets);
    watch.take();
    const answer = await rawRequest(controller.url, request);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    if (answer.status < 400) return;
    const written = watch.take().filter((write) => !(isGuess(request) && write === COUNTED));
    // To a HEAD the status alone is answered.
    const form = request.method === 'HEAD' && answer.status < 500 ? undefined : faultOf(answer);
    const fault = form ?? (written.length > 0 ? `was refused and wrote: ${written.join(', ')}` : undefined);
    if (fault) throw new Error(`${request.method} ${request.path.slice(0, 200)} ${fault}`);
  }

  try {
    await fc.assert(fc.asyncProperty(generatedRequest, isAsItShouldBe), {
      numRuns: runs,
      ...(seed !== undefined && { seed }),
    });
    return { statuses, ms };
  } finally {
    backToPresent();
    await controller.close();
    await watch.close();
  }
}

/** The one refusal that writes: of a one-time password, that it was wrong, up to five times. */
const isGuess = ({ path }: RawRequest) => /\/authenticate\?/.test(path);
const COUNTED = 'dynamodb UpdateItem';

/** The functions, each call timed. */
function timed(ms: number[]): FunctionLoader {
  return async (file) => {
    const handler = await loadFromFunctions(file);
    return async (event, context) => {
      const startedAt = performance.now();
      try {
        return await handler(event, context);
      } finally {
        ms.push(performance.now() - startedAt);
      }
    };
  };
}

/** One build that is being built, in a virtual machine too; one that waits; workers that may touch neither. */
async function setScene(controller: Controller): Promise<Secrets> {
  const { request, key } = controller;
  await resumeQueues(controller);
  const held = await controller.submit('ios');
  const holder = await controller.register('holder');
  let job = (await controller.poll(holder)).body.job;
  // What an earlier scene left waiting goes first.
  while (job.id !== held.id) {
    await request('POST', `/api/builds/${job.id}/cancel`, { headers: key });
    job = (await controller.poll(holder)).body.job;
  }
  await controller.heartbeat(holder, held.id);
  const waiting = await controller.submit('android');
  const [idle, expired] = [await controller.register('idle'), await controller.register('expired')];
  await controller.tamperWorker(expired.id, { tokenExpiresAt: Date.now() - 1000 });
  return {
    key: controller.apiKey,
    holder: holder.token,
    idle: idle.token,
    expired: expired.token,
    heldToken: held.token,
    waitingToken: waiting.token,
    heldId: held.id,
    waitingId: waiting.id,
    holderId: holder.id,
    idleId: idle.id,
    otp: job.otp,
    ...(await machineTokens(controller, held.id, job.otp)),
  };
}

/** A request that was let in may have paused a platform, which is remembered for a while. */
async function resumeQueues({ request, key }: Controller): Promise<void> {
  const { queues } = (await request('GET', '/api/queues', { headers: key })).body;
  const paused = queues.filter((queue: { paused: object | null }) => queue.paused);
  for (const { platform } of paused) await request('POST', `/api/queues/${platform}/resume`, { headers: key });
  if (paused.length > 0) advance(WHILE_PAUSED_MS);
}

async function machineTokens({ request }: Controller, id: string, otp: string) {
  const path = `/api/builds/${id}`;
  const vmToken = (await request('POST', `${path}/authenticate`, { json: { otp } })).body.vm_token;
  await request('POST', `${path}/vm-ready`, { headers: { 'x-vm-token': vmToken } });
  const beatToken = (await request('GET', `${path}/vm-status`)).body.vm_token;
  return { vmToken, beatToken };
}

function rendered({ route, method, id, query, headers, body }: GeneratedRequest, secrets: Secrets): RawRequest {
  const read = (found: Value) => ('secret' in found ? secrets[found.secret] : found.text);
  const search = new URLSearchParams(
    Object.entries(query).map(([name, found]): [string, string] => [name, read(found).toWellFormed()]),
  );
  const own = each(headers, read);
  const encoded = encodeURIComponent(read(id).toWellFormed()).slice(0, 3000);
  const path = route.path.replaceAll(/\{\w+\}/g, () => encoded);
  const target = { method: method ?? route.method, path: `${path}?${search}`.slice(0, 6000) };
  switch (body.kind) {
    case 'fields': {
      const fields = each(body.fields, (found) => ('json' in found ? found.json : read(found)));
      return { ...target, headers: { 'content-type': 'application/json', ...own }, body: JSON.stringify(fields) };
    }
    case 'form':
      return { ...target, headers: { ...own, ...MULTIPART }, body: multipart(body.parts, body.end) };
    case 'raw':
      return { ...target, headers: own, body: body.raw };
    case 'none':
      return { ...target, headers: own };
  }
}

function each<T, R>(values: Readonly<Record<string, T>>, render: (found: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([name, found]) => [name, render(found)]));
}
