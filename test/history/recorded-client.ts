import { createHash, randomBytes } from 'node:crypto';
import type { TestWorker } from '../support/controller.ts';
import type { Outcome } from './history.ts';
import { recordedOperator } from './recorded-operator.ts';
import type { Answer, Http, Recorder } from './recorder.ts';

/** What a worker knows of the build it was given. */
export interface Job {
  readonly build: string;
  readonly attempt: number;
}

export interface Upload {
  readonly id: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly bytes: Buffer;
  readonly sha256: string;
}

export type RecordedClient = ReturnType<typeof recordedClient>;

/** Lost answers are asked for again, as the clients in the field do; each try is an entry of the history. */
const TRIES = 6;

/** Fields and files of a submit's form, beside the source. */
export type Asks = Readonly<Record<string, string | File>>;

/** The least that a part may be; the last may be smaller, and so may an only one. */
const PART_BYTES = 5 * 1024 ** 2;

interface Registering {
  readonly id?: string;
  readonly active_build_count?: number;
  readonly labels?: readonly string[];
}

/** A controller's clients, every request of theirs recorded. */
export function recordedClient(http: Http, recorder: Recorder) {
  const { key, request, as } = http;
  const { record } = recorder;

  /** Until it is answered. */
  async function insist(send: () => Promise<Outcome>): Promise<Outcome> {
    let outcome = await send();
    for (let tries = 1; outcome.kind === 'unknown' && tries < TRIES; tries++) outcome = await send();
    return outcome;
  }

  /** Under one idempotency key, by one request; `isStreamed`: which does not say how long it is. Undefined: never acknowledged. */
  async function submit(platform = 'ios', asks: Asks = {}, isStreamed = false): Promise<string | undefined> {
    const bytes = new Uint8Array(randomBytes(64));
    const name = randomBytes(12).toString('hex');
    const outcome = await insist(() => {
      const form = new FormData();
      form.append('platform', platform);
      for (const [field, value] of Object.entries(asks)) form.append(field, value);
      form.append('source', new Blob([bytes]), 'project.tar.gz');
      const headers = { ...key, 'idempotency-key': name };
      const sent = isStreamed ? streamOf(form) : { body: form, headers: {} };
      const send = () => request('POST', '/api/builds', { ...sent, headers: { ...headers, ...sent.headers } });
      return record({ op: 'submit', key: name }, send, idOf);
    });
    return outcome.kind === 'ok' ? String(outcome.facts['build']) : undefined;
  }

  /** `id`: of an earlier registration. Undefined: not answered. */
  async function register(platforms = ['ios'], more: Registering = {}) {
    let worker: TestWorker | undefined;
    const json = { name: 'sim', capabilities: { platforms }, ...more };
    const subject = { op: 'register', ...(more.id !== undefined && { worker: more.id }) } as const;
    await insist(() =>
      record(
        subject,
        () => request('POST', '/api/workers/register', { headers: key, json }),
        ({ body }) => {
          worker = { id: body.id, token: body.access_token };
          return { worker: body.id, ...(more.labels && { labels: more.labels.join() }) };
        },
      ),
    );
    return worker;
  }

  /** `nextPollMs`: when the worker was told to ask again, if it was answered. */
  async function ask(worker: TestWorker): Promise<{ readonly job?: Job; readonly nextPollMs?: number }> {
    const send = () => request('GET', '/api/workers/poll', { headers: as(worker) });
    let nextPollMs: number | undefined;
    const outcome = await record({ op: 'poll', worker: worker.id }, send, ({ body: { job, next_poll_ms } }) => {
      nextPollMs = next_poll_ms;
      return job ? { build: job.id, attempt: job.attempt } : {};
    });
    const { build, attempt } = outcome.kind === 'ok' ? outcome.facts : {};
    return {
      ...(nextPollMs !== undefined && { nextPollMs }),
      ...(build !== undefined && { job: { build: String(build), attempt: Number(attempt) } }),
    };
  }

  const poll = async (worker: TestWorker): Promise<Job | undefined> => (await ask(worker)).job;

  type HolderOp = 'heartbeat' | 'logs' | 'source' | 'fail' | 'abandon';

  /** What the holder of an attempt says, the attempt named. */
  function say(op: HolderOp, worker: TestWorker, { build, attempt }: Job): Promise<Outcome> {
    const { method = 'POST', path, json } = sayings(build)[op];
    const how = method === 'GET' ? {} : { json: { ...json, attempt } };
    const subject = { op, build, attempt, worker: worker.id };
    return record(subject, () => request(method, path, { headers: as(worker), ...how }));
  }

  /** For one request, or for an upload in parts, of which this one is the only one. Undefined: refused, or not answered. */
  async function ticket(worker: TestWorker, { build, attempt }: Job, isParted = false): Promise<Upload | undefined> {
    let upload: Upload | undefined;
    const bytes = randomBytes(32);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const json = {
      size: bytes.length,
      sha256,
      attempt,
      ...(isParted && { parts: { size: PART_BYTES, sha256s: [sha256] } }),
    };
    await insist(() =>
      record(
        { op: 'ticket', build, attempt, worker: worker.id },
        () => request('POST', `/api/builds/${build}/uploads`, { headers: as(worker), json }),
        ({ body }) => {
          const { url, headers } = isParted ? body.parts[0] : body;
          upload = { id: body.upload_id, url, headers, bytes, sha256 };
          return {};
        },
      ),
    );
    return upload;
  }

  /** What is asked of an upload in parts: to be joined, or to be given up. */
  function parts(how: 'join' | 'giveUp', worker: TestWorker, { build, attempt }: Job, { id }: Upload) {
    const path = `/api/builds/${build}/uploads/${id}`;
    const subject = { op: 'parts', build, attempt, worker: worker.id, key: `${how} ${id}` } as const;
    const headers = as(worker);
    const send = () =>
      how === 'join'
        ? request('POST', `${path}/complete`, { headers, json: { attempt } })
        : request('DELETE', `${path}?attempt=${attempt}`, { headers });
    return insist(() => record(subject, send));
  }

  /** Past the functions, straight into the bucket. */
  async function put({ url, headers, bytes }: Upload): Promise<number> {
    const { status } = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
    return status;
  }

  const complete = (worker: TestWorker, { build, attempt }: Job, upload: Upload): Promise<Outcome> => {
    const json = { build_id: build, success: true, attempt, upload_id: upload.id };
    const subject = { op: 'complete', build, attempt, worker: worker.id, key: upload.sha256 } as const;
    return record(subject, () => request('POST', '/api/workers/result', { headers: as(worker), json }));
  };

  const unregister = (worker: TestWorker, job?: Job): Promise<Outcome> =>
    record({ op: 'unregister', worker: worker.id, ...job }, () =>
      request('POST', '/api/workers/unregister', { headers: as(worker), json: {} }),
    );

  const cancel = (build: string): Promise<Outcome> =>
    insist(() =>
      record({ op: 'cancel', build }, () => request('POST', `/api/builds/${build}/cancel`, { headers: key, json: {} })),
    );

  const bad = (send: () => Promise<Answer>): Promise<Outcome> => record({ op: 'bad' }, send);

  const operator = recordedOperator(http, recorder, insist);

  return {
    ...operator,
    http,
    insist,
    submit,
    register,
    ask,
    poll,
    say,
    ticket,
    parts,
    put,
    complete,
    unregister,
    cancel,
    bad,
  };
}

interface Saying {
  readonly method?: 'GET';
  readonly path: string;
  readonly json?: object;
}

const sayings = (build: string): Record<'heartbeat' | 'logs' | 'source' | 'fail' | 'abandon', Saying> => ({
  heartbeat: { path: `/api/builds/${build}/heartbeat` },
  logs: { path: `/api/builds/${build}/logs`, json: { level: 'info', message: 'at work' } },
  source: { method: 'GET', path: `/api/builds/${build}/source` },
  fail: { path: '/api/workers/result', json: { build_id: build, success: false, error_message: 'tests failed' } },
  abandon: { path: '/api/workers/abandon', json: { build_id: build } },
});

function streamOf(form: FormData) {
  const { body, headers } = new Response(form);
  return { ...(body && { body }), headers: { 'content-type': headers.get('content-type') ?? '' } };
}

const idOf = ({ body }: Answer) => ({ build: String(body.id) });
