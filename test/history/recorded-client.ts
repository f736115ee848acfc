import { randomBytes } from 'node:crypto';
import type { TestWorker } from '../support/controller.ts';
import type { Outcome } from './history.ts';
import { recordedOperator } from './recorded-operator.ts';
import { recordedSubmitter, type Ways } from './recorded-submitter.ts';
import { announceUpload, put, sha256Of, type Upload } from './recorded-uploads.ts';
import { type Answer, type Http, insist, type Recorder } from './recorder.ts';

/** What a worker knows of the build it was given. */
export interface Job {
  readonly build: string;
  readonly attempt: number;
}

export type RecordedClient = ReturnType<typeof recordedClient>;

interface Registering {
  readonly id?: string;
  readonly active_build_count?: number;
  readonly labels?: readonly string[];
}

/** A controller's clients, every request of theirs recorded. */
export function recordedClient(http: Http, recorder: Recorder, ways: Ways) {
  const { key, request, as } = http;
  const { record } = recorder;
  const submitter = recordedSubmitter(http, recorder, ways);

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
  async function ask(
    worker: TestWorker,
    more: { readonly isEarlier?: true } = {},
  ): Promise<{ readonly job?: Job; readonly nextPollMs?: number }> {
    const send = () => request('GET', '/api/workers/poll', { headers: as(worker) });
    let nextPollMs: number | undefined;
    const outcome = await record(
      { op: 'poll', worker: worker.id, ...more },
      send,
      ({ body: { job, next_poll_ms } }) => {
        nextPollMs = next_poll_ms;
        return job ? { build: job.id, attempt: job.attempt } : {};
      },
    );
    const { build, attempt } = outcome.kind === 'ok' ? outcome.facts : {};
    return {
      ...(nextPollMs !== undefined && { nextPollMs }),
      ...(build !== undefined && { job: { build: String(build), attempt: Number(attempt) } }),
    };
  }

  const poll = async (worker: TestWorker): Promise<Job | undefined> => (await ask(worker)).job;
  const pollAsEarlier = async (worker: TestWorker) => (await ask(worker, { isEarlier: true })).job;

  type HolderOp = 'heartbeat' | 'logs' | 'fail' | 'abandon';

  /** What the holder of an attempt says, the attempt named. */
  function say(op: HolderOp, worker: TestWorker, { build, attempt }: Job): Promise<Outcome> {
    const { path, json } = sayings(build)[op];
    const subject = { op, build, attempt, worker: worker.id };
    return record(subject, () => request('POST', path, { headers: as(worker), json: { ...json, attempt } }));
  }

  /** The holder's copy of what was submitted, by its digest. */
  const source = (worker: TestWorker, { build, attempt }: Job): Promise<Outcome> =>
    record(
      { op: 'source', build, attempt, worker: worker.id },
      () => download(`${http.url}/api/builds/${build}/source`, as(worker)),
      ({ body }) => ({ sha256: body.sha256 }),
    );

  /** For one request, or for an upload in parts, of which this one is the only one. Undefined: refused, or not answered. */
  function ticket(worker: TestWorker, { build, attempt }: Job, isParted = false): Promise<Upload | undefined> {
    const subject = { op: 'ticket', build, attempt, worker: worker.id } as const;
    const asking = { subject, path: `/api/builds/${build}/uploads`, headers: as(worker), json: { attempt }, isParted };
    return announceUpload(http, recorder, asking, randomBytes(32));
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

  const operator = recordedOperator(http, recorder);

  return {
    ...operator,
    http,
    insist,
    ...submitter,
    register,
    ask,
    poll,
    pollAsEarlier,
    say,
    source,
    ticket,
    parts,
    put: async (upload: Upload) => (await put(upload)).status,
    complete,
    unregister,
    cancel,
    bad,
  };
}

const sayings = (
  build: string,
): Record<'heartbeat' | 'logs' | 'fail' | 'abandon', { path: string; json?: object }> => ({
  heartbeat: { path: `/api/builds/${build}/heartbeat` },
  logs: { path: `/api/builds/${build}/logs`, json: { level: 'info', message: 'at work' } },
  fail: { path: '/api/workers/result', json: { build_id: build, success: false, error_message: 'tests failed' } },
  abandon: { path: '/api/workers/abandon', json: { build_id: build } },
});

/** The digest instead of the bytes, which are no text. */
async function download(url: string, headers: Record<string, string>): Promise<Answer> {
  const answer = await fetch(url, { headers });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const body = answer.ok ? { sha256: sha256Of(bytes) } : JSON.parse(bytes.toString('utf8'));
  return { status: answer.status, headers: answer.headers, text: '', body };
}
