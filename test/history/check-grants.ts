import { type Entry, isTerminal, TERMINAL, type Violation } from './history.ts';
import { type BuildView, byWorker, eventOf, isOk, type OkEntry, type View, violation } from './view.ts';

/** I1: one live grant. Each attempt has one worker, and begins after the one before it ended without result. */
export function oneLiveGrant({ builds }: View): Violation[] {
  return [...builds.values()].flatMap((build) => [...oneWorkerEach(build), ...oneAfterAnother(build)]);
}

function oneWorkerEach(build: BuildView): Violation[] {
  return [...Map.groupBy(build.grants, ({ attempt }) => attempt)].flatMap(([attempt, grants]) => {
    const assigned = eventOf(build, 'assigned', attempt);
    const [first] = grants;
    const other = grants.find(({ worker }) => worker !== first?.worker);
    if (other) return [violation('I1', `${build.id} attempt ${attempt} was given to two workers`, first, other)];
    if (assigned?.by === byWorker(first?.worker)) return [];
    return [
      violation('I1', `${build.id} attempt ${attempt} was given to a worker that the table denies`, first, assigned),
    ];
  });
}

const GIVES_WAY = ['requeued', 'given_back'];

function oneAfterAnother(build: BuildView): Violation[] {
  const assigned = build.events.filter(({ type }) => type === 'assigned').sort((a, b) => a.attempt - b.attempt);
  return assigned.flatMap((event, index) => {
    if (event.attempt !== index + 1) return [violation('I1', `${build.id} has no attempt ${index + 1}`, event)];
    const next = assigned[index + 1];
    if (!next) return [];
    const end = build.events.find(({ type, attempt }) => GIVES_WAY.includes(type) && attempt === event.attempt);
    if (end && end.at <= next.at) return [];
    return [violation('I1', `${build.id} was granted again while attempt ${event.attempt} was live`, event, end, next)];
  });
}

const OF_HOLDER = ['heartbeat', 'logs', 'source', 'ticket', 'parts', 'complete', 'fail', 'abandon'];
const ENDS = ['complete', 'fail', 'abandon', 'cancel', 'unregister'];

/** I3: nothing of a stale attempt is accepted, and a terminal state never changes. */
export function fenced({ builds }: View): Violation[] {
  return [...builds.values()].flatMap((build) => [...staleAccepted(build), ...terminalChanged(build)]);
}

function staleAccepted(build: BuildView): Violation[] {
  const accepted = build.entries.filter((entry) => isOk(entry) && OF_HOLDER.includes(entry.op));
  const ends = build.entries.filter((entry) => isOk(entry) && ENDS.includes(entry.op));
  return accepted.flatMap((entry) => {
    const { op, attempt = 0, worker, invokedAt } = entry;
    const what = `${op} of ${build.id} attempt ${attempt} was accepted`;
    const assigned = eventOf(build, 'assigned', attempt);
    if (assigned?.by !== byWorker(worker))
      return [violation('I3', `${what} from a worker without it`, entry, assigned)];
    const newer = build.grants.find((grant) => grant.attempt > attempt && grant.answeredAt < invokedAt);
    const ended = ends.find((end) => end.answeredAt < invokedAt && isOver(end, attempt) && !isSame(end, entry));
    const requeued = build.events.find(
      (event) => event.type === 'requeued' && event.attempt >= attempt && event.at < Math.floor(invokedAt),
    );
    const proof = newer ?? ended ?? requeued;
    return proof ? [violation('I3', `${what} after its end`, entry, proof)] : [];
  });
}

const isOver = (end: Entry, attempt: number) => end.attempt === undefined || end.attempt >= attempt;

/** The same request again: its first answer was lost. */
const isSame = (a: Entry, b: Entry) =>
  a.op === b.op && a.worker === b.worker && a.attempt === b.attempt && a.key === b.key;

function terminalChanged(build: BuildView): Violation[] {
  const { id, record, events } = build;
  const final = events.filter(({ type }) => TERMINAL.includes(type));
  const found: Violation[] = [];
  if (final.length > 1) found.push(violation('I3', `${id} ended more than once`, ...final));
  if (record && isTerminal(record) && final.some(({ type }) => type !== record.state)) {
    found.push(violation('I3', `${id} is ${record.state}, and its events say otherwise`, record, ...final));
  }
  const promised = build.entries.filter(isOk).find((entry) => !isKept(entry, build));
  if (promised)
    found.push(violation('I3', `${id}: ${promised.op} was answered as done, and is not so`, promised, record));
  return found;
}

/** Whether what was answered to the client is so in the end. */
function isKept({ op, attempt = 0, worker, key }: OkEntry, { record, events }: BuildView): boolean {
  if (!record) return true;
  const isOwn = record.attempt === attempt && record.workerId === worker;
  switch (op) {
    case 'complete':
      return record.state === 'completed' && isOwn && (key === undefined || record.resultSha256 === key);
    case 'fail':
      return record.state === 'failed' && record.failureKind === 'build' && isOwn;
    case 'cancel':
      return record.state === 'cancelled';
    case 'abandon':
      return events.some(
        ({ type, attempt: ended }) => ended === attempt && (type === 'given_back' || type === 'failed'),
      );
    default:
      return true;
  }
}

/** I8: no build is tried more often than it may be. */
export function boundedAttempts({ builds, evidence: { maxAttempts } }: View): Violation[] {
  return [...builds.values()].flatMap(({ id, record, events }) => {
    const lost = events.filter(({ type }) => type === 'requeued');
    if (record && record.spentAttempts > maxAttempts) {
      return [violation('I8', `${id} spent ${record.spentAttempts} of ${maxAttempts} attempts`, record)];
    }
    if (lost.length < maxAttempts) return [];
    return [violation('I8', `${id} was requeued ${lost.length} times of at most ${maxAttempts - 1}`, ...lost)];
  });
}

/** Labels: no build is granted to a worker that registered without one of its labels, and none with labels has a message. */
export function onlyTheAble({ builds, entries, evidence }: View): Violation[] {
  const labelsOf = new Map(
    entries.filter(isOk).flatMap(({ op, outcome: { facts } }) => {
      return op === 'register' ? [[byWorker(String(facts['worker'])), String(facts['labels'] ?? '').split(',')]] : [];
    }),
  );
  const sent = new Set([...evidence.queued, ...evidence.deadLetters]);
  return [...builds.values()].flatMap(({ id, record, events }) => {
    const { labels } = record ?? {};
    if (!labels) return [];
    const unable = events.filter(({ type, by }) => {
      const own = labelsOf.get(by);
      return type === 'assigned' && own !== undefined && labels.some((label) => !own.includes(label));
    });
    return [
      ...unable.map((event) => violation('labels', `${id} went to a worker without its labels ${labels}`, event)),
      ...(sent.has(id) ? [violation('labels', `${id} asks for labels, and has a message`, record)] : []),
    ];
  });
}
