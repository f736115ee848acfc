import { type BuildRecord, type Entry, isTerminal, type Violation } from './history.ts';
import { type BuildView, eventOf, isOk, makesBuild, type View, violation } from './view.ts';

/**
 * I2: an acknowledged submit or retry has a record that has ended, is being built, or will be sent or received. One that asks for
 * labels waits in the index for a worker that has them: that is not to be lost, and to have left the index is.
 */
export function nothingLost({ builds, entries, evidence }: View): Violation[] {
  const queued = new Set(evidence.queued);
  return entries.filter(isOk).flatMap((submit) => {
    if (!makesBuild(submit)) return [];
    const { id = '?', record } = builds.get(String(submit.outcome.facts['build'])) ?? {};
    if (!record) return [violation('I2', `${id} was acknowledged and is not there`, submit)];
    if (record.state !== 'pending') return [];
    if (record.labels) {
      return record.isInLine ? [] : [violation('I2', `${id} waits, and no worker will find it`, submit, record)];
    }
    if (record.isDue || queued.has(id)) return [];
    return [violation('I2', `${id} waits, and nothing will ever send it`, submit, record)];
  });
}

/** I4: who holds what is the same from both sides, and nobody holds two. */
export function agreement({ builds, evidence: { workers } }: View): Violation[] {
  const records = [...builds.values()].flatMap(({ record }) => (record && isHeld(record) ? record : []));
  const known = new Map(workers.map((worker) => [worker.id, worker]));
  const twice = [...Map.groupBy(records, ({ workerId }) => workerId).values()].filter((own) => own.length > 1);
  const ofBuilds = records.filter((record) => {
    const worker = known.get(record.workerId ?? '');
    return worker && (worker.currentBuildId !== record.id || worker.currentAttempt !== record.attempt);
  });
  const ofWorkers = workers.filter(({ id, currentBuildId }) => {
    if (currentBuildId === undefined) return false;
    const record = builds.get(currentBuildId)?.record;
    return !record || !isHeld(record) || record.workerId !== id;
  });
  return [
    ...twice.map((own) => violation('I4', `worker ${own[0]?.workerId} holds ${own.length} builds`, ...own)),
    ...ofBuilds.map((record) =>
      violation('I4', `the worker of ${record.id} holds another`, record, known.get(record.workerId ?? '')),
    ),
    ...ofWorkers.map((worker) => violation('I4', `worker ${worker.id} holds a build that is not its own`, worker)),
  ];
}

const isHeld = ({ state }: BuildRecord) => state === 'assigned' || state === 'building';

/** I6: what is served is what the winner uploaded; and nobody uploads for an attempt that was never granted. */
export function ownResult({ builds, evidence }: View): Violation[] {
  const stored = new Set(evidence.results);
  const strays = evidence.results.flatMap((key) => {
    const [, id = '', attempt] = key.split('/');
    const build = builds.get(id);
    return build && eventOf(build, 'assigned', Number(attempt)) ? [] : [violation('I6', `nobody was granted ${key}`)];
  });
  const wrong = [...builds.values()].flatMap((build) => {
    const why = build.record?.state === 'completed' && wrongResult(build, stored, evidence.served[build.id]);
    return why ? [violation('I6', `${build.id}: ${why}`, build.record)] : [];
  });
  return [...strays, ...wrong];
}

function wrongResult({ id, record, entries }: BuildView, stored: ReadonlySet<string>, served: string | undefined) {
  const { resultKey = '', resultSha256, attempt, workerId } = record ?? {};
  if (!resultKey.startsWith(`results/${id}/${attempt}/`)) return 'its result is not of the winning attempt';
  if (!stored.has(resultKey)) return 'its result is not stored';
  if (served !== resultSha256) return `what was served is not its result (${served})`;
  const isWinner = (entry: Entry) =>
    entry.op === 'complete' && entry.attempt === attempt && entry.worker === workerId && entry.key === resultSha256;
  return entries.some(isWinner) ? undefined : 'the winner never uploaded these bytes';
}

/** I7: who is told of a dead letter finds its build failed, or long past the message. */
export function buried({ builds, evidence }: View): Violation[] {
  return evidence.deadLetters.flatMap((id) => {
    const record = builds.get(id)?.record;
    return record && !isTerminal(record) ? [violation('I7', `${id} is a dead letter and goes on waiting`, record)] : [];
  });
}

/** I9: once faults are off, all work drains within the bound. */
export function drained({ builds, evidence: { drainedMs, drainBoundMs } }: View): Violation[] {
  const open = [...builds.values()].flatMap(({ record }) => (record && !isTerminal(record) ? [record] : []));
  const left = open.map((record) => violation('I9', `${record.id} is still ${record.state}`, record));
  if (drainedMs <= drainBoundMs) return left;
  return [...left, violation('I9', `draining took ${drainedMs / 1000} s of at most ${drainBoundMs / 1000} s`)];
}

/**
 * What a client waits at most: functions have 5 or 10 s (`infra/function-definition.ts`) and answer half a second before.
 * Joining parts has 29 s, but no row lets its calls hang.
 */
const ANSWER_MS = 10_000;

/** Of submitters that do nothing wrong. */
const SUBMITTING = ['announce', 'submit'];
/** The store had not the bytes, or a fault had it say so; the same submit sent again is good. */
const isMissed = ({ code }: { readonly code: string }, hadFaults: boolean) => hadFaults && code === 'upload_missing';

/** I10: a bad request is refused and writes nothing; nothing is ever a 500; a 503 says when to come again. */
export function answers({ entries, evidence: { hadFaults, writesByBadRequests } }: View): Violation[] {
  const wrong = entries.flatMap((entry) => {
    const why = wrongAnswer(entry, hadFaults);
    return why ? [violation('I10', `${entry.op}: ${why}`, entry)] : [];
  });
  if (writesByBadRequests === 0) return wrong;
  return [...wrong, violation('I10', `bad requests made ${writesByBadRequests} writes`)];
}

function wrongAnswer({ op, outcome, tookMs }: Entry, hadFaults: boolean): string | undefined {
  if (tookMs > ANSWER_MS) return `the answer took ${tookMs} ms`;
  if (op === 'bad' && outcome.kind === 'ok') return 'a bad request was not refused';
  if (outcome.kind === 'refused' && SUBMITTING.includes(op) && !isMissed(outcome, hadFaults))
    return `it was refused with ${outcome.code}`;
  if (outcome.kind !== 'unknown') return undefined;
  if (outcome.status === undefined) return 'the connection broke';
  if (outcome.status !== 503) return `it answered ${outcome.status}`;
  if (!outcome.retryAfter) return 'a 503 without Retry-After';
  return hadFaults || outcome.code === 'contended' ? undefined : 'unavailable without a fault';
}
