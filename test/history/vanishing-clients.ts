import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControllerProcess } from '../support/fault-process.ts';
import { IMPATIENT, IMPATIENT_CONTROLLER } from '../support/impatient-controller.ts';
import { forgetPeak, peakMiB } from '../support/process-memory.ts';
import { dawdleAfter, type RawSend, rawSend, type Sent, vanishAfter } from '../support/raw-senders.ts';
import { times } from './crew.ts';
import { createDice, type Dice } from './dice.ts';
import { honestClients } from './honest-clients.ts';
import type { Part } from './model-parts.ts';
import { leftovers } from './leftovers.ts';

/** The row of the plan about clients that go away, or hardly send: a controller process of its own, raw sockets, one honest crew. */

const MIB = 1024 ** 2;
/** So many break off at once. */
const LANES = 10;
/** The most of one body that may ever be in memory is what an HTTP API takes. */
const MAX_BODY_MIB = 10;
/** What the honest take meanwhile: 200 of their builds leave 60 to 110 MiB of garbage, whether the others send 45 or 475 MiB. */
const HONEST_MIB = 80;
const MAX_GROWTH_MIB = LANES * MAX_BODY_MIB + HONEST_MIB;
const SLOW_SHARE = 0.4;

type Place = 'form' | 'large form' | 'PUT' | 'result form' | 'result PUT';
const PLACES: readonly Place[] = ['form', 'large form', 'PUT', 'result form', 'result PUT'];

export const VANISHING: Part = {
  name: 'vanishing-clients',
  fault: 'clients vanish mid-upload, slow-loris 1 byte at a time',
  volume: 200,
  few: 20,
  run: async (volume, seed) => {
    const folder = await mkdtemp(join(tmpdir(), 'buildlatch-vanishing-'));
    const apiKey = randomBytes(32).toString('base64url');
    // Nobody's lease ends meanwhile: who uploads here is alive.
    const settings = { LEASE_SECONDS: '600', FIRST_LEASE_SECONDS: '600' };
    const controller = await startControllerProcess(folder, apiKey, settings, IMPATIENT_CONTROLLER);
    try {
      return await play({ folder, controller, dice: createDice(`${seed} vanishing-clients`) }, volume);
    } finally {
      controller.signal('SIGTERM');
      await controller.ended;
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/**
 * The first fits into an invocation, the others go to disk on their way: all that is sent of them, were it kept, would be
 * far above the bound. Of the slow ones, who send little, none need be larger than the second.
 */
const SIZES = [0.5 * MIB, 5 * MIB, 12 * MIB, 16 * MIB];
const fileOf = (bytes: Buffer) => ({ bytes, sha256: createHash('sha256').update(bytes).digest('hex') });

interface Scene {
  readonly folder: string;
  readonly controller: Awaited<ReturnType<typeof startControllerProcess>>;
  readonly dice: Dice;
}

async function play(scene: Scene, volume: number) {
  const { controller, dice, folder } = scene;
  const { pid, http } = controller;
  const honest = honestClients(http);
  const prepared = await prepare(scene, honest);
  await honest.workUntil(warmUp(prepared));
  forgetPeak(pid);
  const before = peakMiB(pid);

  const isSlow = Array.from({ length: volume }, (_, index) => index % 5 < SLOW_SHARE * 5);
  const slow = dawdleAll(prepared, dice, isSlow.filter(Boolean).length);
  let left = isSlow.filter((each) => !each).length;
  const vanished: Sent[] = [];
  const lanes = times(LANES, async () => {
    while (left > 0) {
      left -= 1;
      vanished.push(await vanish(prepared, dice));
    }
  });
  const attack = Promise.all([lanes, slow]);
  await honest.workUntil(attack);
  const [, dawdled] = await attack;
  const growth = peakMiB(pid) - before;

  const sent = [...vanished, ...dawdled];
  const broken = [...dawdled.flatMap(notEnded), ...(await honest.faults())];
  broken.push(
    ...(await leftovers({
      folder,
      pid,
      http,
      ports: sent.map(({ port }) => port),
      acknowledged: honest.ids(),
      unclaimed: prepared.unclaimed,
    })),
  );
  if (growth > MAX_GROWTH_MIB) broken.push(`memory grew by ${growth.toFixed(0)} MiB, above ${MAX_GROWTH_MIB}`);
  const bytes = sent.reduce((sum, one) => sum + one.bytes, 0);
  const note = [
    `${vanished.length} vanished, ${dawdled.length} slow ones were ended`,
    `${(bytes / MIB).toFixed(0)} MiB sent, memory +${growth.toFixed(0)} of ${MAX_GROWTH_MIB} MiB`,
    honest.says(),
  ];
  return { broken, injected: sent.length, operations: sent.length + honest.operations(), note: note.join('; ') };
}

/** By whom and where uploads may break off; the workers among them hold a build until the end. */
async function prepare({ controller: { http } }: Scene, honest: ReturnType<typeof honestClients>) {
  const holders = [];
  for (let index = 0; index < 4; index++) holders.push(await honest.holder());
  const [small, ...large] = SIZES.map((size) => fileOf(randomBytes(size)));
  if (!small) throw new Error('nothing to send');
  /** Keys of files that came whole, and that nobody then named in a request. */
  const unclaimed = new Set<string>();
  return { http, holders, small, large, unclaimed };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** What the runtime allocates for its first large ones, and for the first builds (its heap has room for garbage), is nobody's leak. */
async function warmUp(prepared: Prepared): Promise<void> {
  const dice = createDice('warm-up');
  for (const place of [...PLACES, ...PLACES, ...PLACES]) {
    const send = await uploadTo(prepared, place, dice);
    await vanishAfter(prepared.http.url, send, send.head.length + send.body.length - 1, false);
  }
}

async function vanish(prepared: Prepared, dice: Dice): Promise<Sent> {
  const place = dice.pick(PLACES) ?? 'form';
  const send = await uploadTo(prepared, place, dice);
  const { path, head, body } = send;
  const isMidHeaders = dice.happens(0.2);
  // Of a form all would be a submit like any other.
  const isWhole = place.endsWith('PUT') && dice.happens(0.2);
  if (isWhole) prepared.unclaimed.add(path.split('/').slice(2).join('/'));
  const ofBody = isWhole ? body.length : dice.between(0, body.length - 1);
  const bytes = isMidHeaders && !isWhole ? dice.between(1, head.length - 1) : head.length + ofBody;
  return vanishAfter(prepared.http.url, send, bytes, dice.happens(0.5));
}

/** All at once; begun one after the other, since this process must go on answering for the honest. */
async function dawdleAll(prepared: Prepared, dice: Dice, count: number): Promise<Sent[]> {
  const all: Promise<Sent>[] = [];
  const shorter = { ...prepared, large: prepared.large.slice(0, 1) };
  for (let index = 0; index < count; index++) {
    const send = await uploadTo(shorter, dice.pick(PLACES) ?? 'form', dice);
    const isMidHeaders = dice.happens(0.3);
    const bytes = isMidHeaders ? dice.between(1, 40) : send.head.length + dice.between(0, 64 * 1024);
    all.push(dawdleAfter(prepared.http.url, send, bytes, dice.happens(0.3)));
  }
  return Promise.all(all);
}

/** A limit, and some seconds for a machine with other things to do. */
function notEnded({ endedBy, status, bytes }: Sent): string[] {
  if (endedBy !== 'the server')
    return [`a slow client was not ended (${JSON.stringify(IMPATIENT)}) after ${bytes} bytes`];
  return status === undefined || status === 408 || status === 400 ? [] : [`a slow client was told ${status}`];
}

async function uploadTo({ http, holders, small, large }: Prepared, place: Place, dice: Dice): Promise<RawSend> {
  const holder = dice.pick(holders);
  if (!holder) throw new Error('nobody holds a build');
  const { worker, build } = holder;
  const { bytes: file, sha256 } = place === 'form' ? small : (dice.pick(large) ?? small);
  const form = (path: string, name: string, headers: object, fields: Record<string, string>) =>
    rawSend(
      'POST',
      `${http.url}${path}`,
      { ...headers, 'content-type': 'multipart/form-data; boundary=b' },
      formOf(fields, name, file),
    );
  const put = async (path: string, headers: Record<string, string>) => {
    const json = { size: file.length, sha256 };
    const { status, body, text } = await http.request('POST', path, { headers, json });
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`);
    return rawSend('PUT', body.url, body.headers, file);
  };
  switch (place) {
    case 'form':
    case 'large form':
      return form('/api/builds/submit', 'source', http.key, { platform: 'ios' });
    case 'PUT':
      return put('/api/uploads', http.key);
    case 'result form':
      return form('/api/workers/upload', 'result', http.as(worker), {
        build_id: build,
        worker_id: worker.id,
        success: 'true',
      });
    case 'result PUT':
      return put(`/api/builds/${build}/uploads`, http.as(worker));
  }
}

function formOf(fields: Readonly<Record<string, string>>, name: string, file: Buffer): Buffer {
  const part = (field: string, more = '') => `--b\r\nContent-Disposition: form-data; name="${field}"${more}\r\n\r\n`;
  const texts = Object.entries(fields).map(([field, value]) => `${part(field)}${value}\r\n`);
  return Buffer.concat([
    Buffer.from(texts.join('') + part(name, '; filename="f.bin"')),
    file,
    Buffer.from('\r\n--b--\r\n'),
  ]);
}
