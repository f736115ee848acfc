import type { TestWorker } from '../support/controller.ts';
import { times } from './crew.ts';
import { createDice } from './dice.ts';
import { type Job, recordedClient } from './recorded-client.ts';
import { sha256Of } from './recorded-uploads.ts';
import { createRecorder, type Http } from './recorder.ts';

const WORKERS = 3;
/** Builds of one worker: however soon the others have gone, and however long they stay. */
const AT_LEAST = 5;
const AT_MOST = 50;
/** What no client may wait longer for an answer. */
const MAX_ANSWER_MS = 10_000;

/** Clients that do everything right, beside some that do not: not one of their requests may be refused, lost or late. */
export function honestClients(http: Http) {
  const recorder = createRecorder();
  const client = recordedClient(http, recorder, { dice: createDice('honest'), uploaded: 0.5, mistaken: 0 });
  const submitted: string[] = [];
  const results = new Map<string, string>();
  const holders: { worker: TestWorker; job: Job }[] = [];
  const broken: string[] = [];

  async function submit(): Promise<void> {
    const id = await client.submit();
    if (id !== undefined) submitted.push(id);
  }

  async function deliver(worker: TestWorker, job: Job): Promise<void> {
    const upload = await client.ticket(worker, job);
    const status = upload && (await client.put(upload));
    if (status !== 200) broken.push(`an honest upload was answered ${status}`);
    if (!upload || (await client.complete(worker, job, upload)).kind !== 'ok') return;
    results.set(job.build, upload.sha256);
  }

  async function hire(): Promise<TestWorker> {
    const worker = await client.register();
    if (!worker) throw new Error('an honest worker was refused');
    return worker;
  }

  async function downloads(): Promise<void> {
    for (const [id, sha256] of results) {
      const answer = await fetch(`${http.url}/api/builds/${id}/download`, { headers: http.key });
      const found = sha256Of(Buffer.from(await answer.arrayBuffer()));
      if (found !== sha256)
        broken.push(`I6 build ${id} serves other bytes than its worker uploaded (${answer.status})`);
    }
  }

  return {
    ids: () => submitted,
    operations: () => recorder.entries.length,
    says: () => {
      const slowest = Math.max(...recorder.entries.map(({ tookMs }) => tookMs));
      return `${results.size} honest builds, slowest answer ${slowest} ms`;
    },
    /** A worker that has begun a build, and finishes it in the end. */
    holder: async () => {
      const worker = await hire();
      await submit();
      const job = await client.poll(worker);
      if (!job) throw new Error('an honest worker got no build');
      await client.say('heartbeat', worker, job);
      holders.push({ worker, job });
      return { worker, build: job.build };
    },
    /** Build after build. */
    workUntil: async (others: Promise<unknown>) => {
      let isOver = false;
      others.then(
        () => (isOver = true),
        () => (isOver = true),
      );
      await times(WORKERS, async () => {
        const worker = await hire();
        for (let done = 0; done < AT_LEAST || (!isOver && done < AT_MOST); done++) {
          await submit();
          const job = await client.poll(worker);
          if (!job) continue;
          await client.say('heartbeat', worker, job);
          await deliver(worker, job);
        }
      });
    },
    /** What was not as it must be, once those who held a build have finished it. */
    faults: async (): Promise<string[]> => {
      for (const { worker, job } of holders) await deliver(worker, job);
      await downloads();
      for (const { op, outcome, tookMs } of recorder.entries) {
        if (outcome.kind !== 'ok') broken.push(`an honest ${op} was answered ${JSON.stringify(outcome)}`);
        if (tookMs > MAX_ANSWER_MS) broken.push(`I10 an honest ${op} took ${tookMs} ms`);
      }
      for (const { job } of holders) if (!results.has(job.build)) broken.push(`${job.build} was not finished`);
      return broken;
    },
  };
}
