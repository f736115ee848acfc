import type { TestWorker } from '../support/controller.ts';
import type { Outcome } from './history.ts';
import { type Answer, type Http, insist, newName, type Recorder } from './recorder.ts';

/** What is asked of builds that are over, of workers and of queues; insisted upon, as all that people ask. */
export function recordedOperator({ key, request }: Http, { record }: Recorder) {
  const post = (path: string, json: object = {}, headers: object = {}) =>
    request('POST', path, { headers: { ...key, ...headers }, json });

  /** Under one idempotency key. Undefined: refused, or never acknowledged. */
  async function retry(build: string, name = newName()): Promise<string | undefined> {
    const send = () => post(`/api/builds/${build}/retry`, {}, { 'idempotency-key': name });
    const newBuild = ({ body }: Answer) => ({ build: String(body.id) });
    const outcome = await insist(() => record({ op: 'retry', build, key: name }, send, newBuild));
    return outcome.kind === 'ok' ? String(outcome.facts['build']) : undefined;
  }

  const pause = (platform: string): Promise<Outcome> =>
    insist(() => record({ op: 'pause', platform }, () => post(`/api/queues/${platform}/pause`, { reason: 'work' })));

  const resume = (platform: string): Promise<Outcome> =>
    insist(() => record({ op: 'resume', platform }, () => post(`/api/queues/${platform}/resume`)));

  const revoke = ({ id }: TestWorker): Promise<Outcome> =>
    insist(() => record({ op: 'revoke', worker: id }, () => post(`/api/workers/${id}/revoke`)));

  const redrive = (): Promise<Outcome> =>
    insist(() =>
      record(
        { op: 'redrive' },
        () => post('/api/dead-letters/redrive'),
        ({ body }) => body,
      ),
    );

  return { retry, pause, resume, revoke, redrive };
}
