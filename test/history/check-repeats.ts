import { type Entry, isTerminal, type Violation } from './history.ts';
import {
  type BuildView,
  byWorker,
  isDuring,
  isOk,
  isPoll,
  type KnownEvent,
  makesBuild,
  type OkEntry,
  type View,
  violation,
} from './view.ts';

/** I5: a request made again has the same answer and no second effect. */
export function oneEffect(view: View): Violation[] {
  return [
    ...doubleEvents(view),
    ...miscounted(view),
    ...refusedReplays(view),
    ...doubleSubmits(view),
    ...sharedBuilds(view),
    ...stranded(view),
  ];
}

function doubleEvents({ builds }: View): Violation[] {
  return [...builds.values()].flatMap(({ id, events }) =>
    [...Map.groupBy(events, nameOf)].flatMap(([what, same]) =>
      same.length > 1 ? [violation('I5', `${id}: ${what} happened ${same.length} times`, ...same)] : [],
    ),
  );
}

/** A build may be retried more than once: each time once. */
const nameOf = ({ type, attempt, why }: KnownEvent) =>
  `${type} of attempt ${attempt}${type === 'retried' ? ` ${why}` : ''}`;

/** A worker is counted once for each build that it finished. */
function miscounted({ builds, evidence }: View): Violation[] {
  const records = [...builds.values()].flatMap(({ record }) => record ?? []);
  const byHolder = Map.groupBy(records, ({ workerId }) => workerId);
  return evidence.workers.flatMap((worker) => {
    const own = byHolder.get(worker.id) ?? [];
    const completed = own.filter(({ state }) => state === 'completed').length;
    const failed = own.filter(({ state, failureKind }) => state === 'failed' && failureKind === 'build').length;
    if (worker.completedBuilds === completed && worker.failedBuilds === failed) return [];
    return [violation('I5', `worker ${worker.id} completed ${completed} builds and failed ${failed}`, worker)];
  });
}

const HAS_ANSWER_FOR_EVER = ['complete', 'fail', 'cancel', 'retry'];

/** The worker itself may be gone by then, or the bytes; neither says anything about the build. */
const NOT_ABOUT_BUILD = ['worker_token_invalid', 'source_gone'];
const isAboutBuild = ({ outcome }: Entry) => outcome.kind === 'refused' && !NOT_ABOUT_BUILD.includes(outcome.code);

function refusedReplays({ builds }: View): Violation[] {
  return [...builds.values()].flatMap(({ id, entries }) => {
    const lasting = entries.filter(({ op }) => HAS_ANSWER_FOR_EVER.includes(op));
    const same = Map.groupBy(lasting, ({ op, worker, attempt, key }) => [op, worker, attempt, key].join(' '));
    return [...same.values()].flatMap((requests) => {
      const done = requests.find(isOk);
      const refused = requests.find((entry) => isAboutBuild(entry) && done && entry.invokedAt > done.answeredAt);
      return refused
        ? [violation('I5', `${id}: ${refused.op} was done, and refused when sent again`, done, refused)]
        : [];
    });
  });
}

const namedMakers = (entries: readonly Entry[]) =>
  entries.filter(isOk).filter((entry) => makesBuild(entry) && entry.key !== undefined);
/** The same name of a retry of another build is another request. */
const requestOf = ({ op, build, key }: Entry) => `${op} ${build ?? ''} ${key}`;

function doubleSubmits({ entries }: View): Violation[] {
  return [...Map.groupBy(namedMakers(entries), requestOf).values()].flatMap((same) => {
    const [first] = same;
    const other = same.find(({ outcome }) => outcome.facts['build'] !== first?.outcome.facts['build']);
    return other ? [violation('I5', `one ${other.op} sent twice made two builds`, first, other)] : [];
  });
}

function sharedBuilds({ entries }: View): Violation[] {
  const byBuild = Map.groupBy(namedMakers(entries), ({ outcome }) => outcome.facts['build']);
  return [...byBuild].flatMap(([id, same]) => {
    const [first] = same;
    const other = same.find((entry) => first && requestOf(entry) !== requestOf(first));
    return other ? [violation('I5', `${id} was the answer to two requests`, first, other)] : [];
  });
}

/**
 * A worker whose poll was not answered gets the same build from its next poll, until it begins to work; an earlier process of
 * it does not.
 */
function stranded({ builds, entries }: View): Violation[] {
  const polls = Map.groupBy(
    entries.filter((entry) => isPoll(entry) && !entry.isEarlier),
    ({ worker }) => worker,
  );
  return [...builds.values()].flatMap((build) =>
    build.events
      .filter(({ type }) => type === 'assigned')
      .flatMap((assigned) => strandedAt(build, assigned, polls.get(assigned.by.slice(byWorker('').length)) ?? [])),
  );
}

function strandedAt(build: BuildView, assigned: KnownEvent, polls: readonly Entry[]): Violation[] {
  const { attempt, at } = assigned;
  const granting = polls.find((poll) => isDuring(poll, at));
  const overAt = Math.min(...endsOf(build, attempt), ...firstSigns(build, assigned));
  const later = polls.filter((poll) => granting && poll.invokedAt > granting.answeredAt && poll.answeredAt < overAt);
  const wrong = later.filter(isOk).find((poll) => !isGrantOf(poll, build.id, attempt));
  return wrong ? [violation('I5', `${build.id} attempt ${attempt} was not handed out again`, granting, wrong)] : [];
}

const endsOf = ({ events, record }: BuildView, attempt: number) => [
  ...events.filter((event) => event.attempt > attempt).map(({ at }) => at),
  ...events.filter((event) => event.attempt === attempt && event.type !== 'assigned').map(({ at }) => at),
  // Its end is told by no event: nothing can be said.
  ...(record && isTerminal(record) ? [] : [Number.NEGATIVE_INFINITY]),
];

const firstSigns = ({ entries }: BuildView, { attempt, by }: KnownEvent) =>
  entries
    .filter(({ op, ...entry }) => ['heartbeat', 'logs'].includes(op) && isBy(entry, attempt, by))
    .map(({ invokedAt }) => invokedAt);

const isBy = (entry: Pick<Entry, 'attempt' | 'worker'>, attempt: number, by: string) =>
  entry.attempt === attempt && byWorker(entry.worker) === by;

const isGrantOf = ({ outcome: { facts } }: OkEntry, build: string, attempt: number) =>
  facts['build'] === build && facts['attempt'] === attempt;
