import { type Entry, isTerminal, TERMINAL, type Violation } from './history.ts';
import { type BuildView, byWorker, isDuring, isOk, isPoll, type View, violation } from './view.ts';

/** I2: what was answered to a retry is a build of the same source, and says of what it is one. */
export function sameSource({ builds, entries }: View): Violation[] {
  return entries.filter(isOk).flatMap((retry) => {
    if (retry.op !== 'retry' || retry.build === undefined) return [];
    const original = builds.get(retry.build)?.record;
    const again = builds.get(String(retry.outcome.facts['build']))?.record;
    if (!original || !again) return [];
    const isSame = again.sourceKey === original.sourceKey && again.sourceSha256 === original.sourceSha256;
    if (isSame && again.originalBuildId === original.id) return [];
    return [violation('I2', `${again.id} is not what ${original.id} was`, retry, original, again)];
  });
}

const ENDS = ['complete', 'fail', 'cancel'];

/** I10: a retry of what has not ended is refused, and one of what was said to have ended is not, for that. */
export function onlyOfTheEnded({ builds }: View): Violation[] {
  return [...builds.values()].flatMap((build) => {
    const retries = build.entries.filter(({ op }) => op === 'retry');
    const early = retries.find((retry) => isOk(retry) && !hasEndedBy(build, retry.answeredAt));
    const ends = build.entries.filter((entry) => isOk(entry) && ENDS.includes(entry.op));
    const late = retries.find((retry) => isUnfinished(retry) && ends.some((end) => end.answeredAt < retry.invokedAt));
    return [
      ...(early ? [violation('I10', `${build.id} was retried before its end`, early, build.record)] : []),
      ...(late ? [violation('I10', `${build.id} had ended, and its retry was told otherwise`, late)] : []),
    ];
  });
}

function hasEndedBy({ events, record }: BuildView, at: number): boolean {
  const end = events.find(({ type }) => TERMINAL.includes(type));
  return end ? end.at <= at : !record || isTerminal(record);
}

const isUnfinished = ({ outcome }: Entry) => outcome.kind === 'refused' && outcome.code === 'not_finished';

/** Workers by when it was first said that there is no such worker any more. */
function goneOf(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  const gone = new Map<string, Entry>();
  for (const entry of entries) {
    const { op, worker, outcome } = entry;
    // The first answer was lost: the second says that there is nobody to revoke.
    const isGone = outcome.kind === 'ok' || (outcome.kind === 'refused' && outcome.code === 'worker_not_found');
    const before = gone.get(worker ?? '');
    const isFirst = !before || entry.answeredAt < before.answeredAt;
    if (op === 'revoke' && worker !== undefined && isGone && isFirst) gone.set(worker, entry);
  }
  return gone;
}

/** I3: nothing is accepted from a worker that was revoked, and nobody becomes it again. */
export function nothingFromTheGone({ entries }: View): Violation[] {
  const gone = goneOf(entries);
  return entries.filter(isOk).flatMap((entry) => {
    const { op, worker, outcome, invokedAt } = entry;
    const id = op === 'register' ? String(outcome.facts['worker']) : worker;
    const revoke = op === 'revoke' ? undefined : gone.get(id ?? '');
    if (!revoke || invokedAt < revoke.answeredAt) return [];
    return [violation('I3', `${op} of worker ${id} was accepted after it was revoked`, revoke, entry)];
  });
}

const ENDS_OF_ATTEMPT = ['requeued', 'given_back', ...TERMINAL];

/** I4: what a worker held has left it when its revoke is answered. */
export function heldByNobodyGone({ builds, entries }: View): Violation[] {
  const gone = new Map([...goneOf(entries)].map(([id, revoke]) => [byWorker(id), revoke]));
  return [...builds.values()].flatMap(({ id, events }) =>
    events.flatMap((assigned) => {
      const revoke = assigned.type === 'assigned' ? gone.get(assigned.by) : undefined;
      if (!revoke) return [];
      // Given back in time, it may have ended once more since, at the same attempt.
      const hasLeft = events.some(
        ({ type, attempt, at }) =>
          attempt === assigned.attempt && ENDS_OF_ATTEMPT.includes(type) && at <= revoke.answeredAt,
      );
      if (hasLeft) return [];
      return [violation('I4', `${id} stayed with ${assigned.by}, which was revoked`, assigned, revoke)];
    }),
  );
}

/** What a poll may go on to know after a pause was answered. */
const REMEMBERED_MS = 1_000;

/** Pauses: a poll that begins when all must know of one is given nothing of its platform, until somebody asks for its end. */
export function nothingWhilePaused({ builds, entries }: View): Violation[] {
  const pauses = entries.filter((entry) => isOk(entry) && entry.op === 'pause');
  const resumes = entries.filter(({ op, outcome }) => op === 'resume' && outcome.kind !== 'refused');
  const spans = pauses.map((pause) => {
    const ends = resumes.filter((each) => each.platform === pause.platform && each.answeredAt > pause.invokedAt);
    const until = Math.min(...ends.map(({ invokedAt }) => invokedAt));
    return { pause, from: pause.answeredAt + REMEMBERED_MS, until };
  });
  const polls = Map.groupBy(entries.filter(isPoll), ({ worker }) => byWorker(worker));
  return [...builds.values()].flatMap(({ id, record, events }) =>
    events.flatMap(({ type, at, by, attempt }) => {
      if (type !== 'assigned') return [];
      const poll = polls.get(by)?.find((each) => isDuring(each, at));
      const span = spans.find(
        ({ pause, from, until }) => pause.platform === record?.platform && poll && poll.invokedAt > from && at < until,
      );
      return span
        ? [violation('pauses', `${id} was granted at attempt ${attempt} while paused`, span.pause, poll)]
        : [];
    }),
  );
}
