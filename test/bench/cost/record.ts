import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Counts, FIGURES, tidy } from './counts.ts';
import type { Step } from './meter.ts';
import { openScene } from './scene.ts';
import { type BuildPace, type BuildSettings, type CostSettings, DEFAULTS } from './settings.ts';

interface Measured {
  readonly title: string;
  /** Why it may cost more than the design allows, and how much at most. */
  readonly excuse?: string;
  readonly excusedUsd?: number;
  readonly settings: BuildPace;
  readonly steps: Readonly<Record<string, Step>>;
}

/** What was counted: of whole builds, of an hour of a worker that finds nothing, of a minute without anything. */
export interface CostRecord {
  readonly builds: Readonly<Record<string, Measured>>;
  readonly idleHour: { readonly pollSeconds: number; readonly steps: Readonly<Record<string, Step>> };
  readonly restMinute: Readonly<Record<string, Step>>;
}

const RECORD_FILE = join(import.meta.dirname, '../cost.json');

export const readRecord = (): CostRecord => JSON.parse(readFileSync(RECORD_FILE, 'utf8'));

type Kind = Omit<Measured, 'steps'>;

/** Half a second is how often our worker sends at first, a second how often our command line asks. */
const CHATTY = { logSeconds: 0.5, logBytes: 512, statusSeconds: 0, followSeconds: 1 } as const;

/** The kinds of build that are always counted: the settings asked for, and what other clients do beside. */
const kindsOf = (settings: CostSettings): Record<string, Kind> => ({
  plain: { title: 'a worker of ours', settings: ofBuild(settings) },
  telemetry: {
    title: 'an old virtual machine that posts telemetry each 5 s',
    excuse: 'its 120 posts are requests of a client that cannot be changed, 5 in 6 of them answered without a call',
    excusedUsd: 0.36,
    settings: { ...ofBuild(settings), telemetrySeconds: 5 },
  },
  followed: {
    title: 'one that writes all the time, by our worker, with our command line following it',
    excuse: 'whoever follows a log asks for it again and again, and wants its lines while they are news',
    excusedUsd: 1.45,
    settings: { ...ofBuild(settings), ...CHATTY, slowsDown: true },
  },
  restless: {
    title: 'the same, if both went on as quickly as they begin',
    excuse: 'no client of ours goes on so quickly; it is counted to show what slowing down saves',
    excusedUsd: 4.05,
    settings: { ...ofBuild(settings), ...CHATTY },
  },
});

export async function measure(settings: CostSettings = DEFAULTS): Promise<CostRecord> {
  const scene = await openScene();
  try {
    const builds: Record<string, Measured> = {};
    for (const [name, kind] of Object.entries(kindsOf(settings))) {
      builds[name] = { ...kind, steps: ordered(await scene.build(kind.settings)) };
    }
    const { pollSeconds } = settings;
    const idleHour = { pollSeconds, steps: ordered(await scene.idleHour(pollSeconds)) };
    return { builds, idleHour, restMinute: ordered(await scene.restMinute()) };
  } finally {
    await scene.close();
  }
}

const ordered = (steps: Readonly<Record<string, Step>>) =>
  Object.fromEntries(Object.entries(steps).map(([name, { times, counts }]) => [name, { times, counts: tidy(counts) }]));

function ofBuild(settings: BuildSettings): BuildSettings {
  const { minutes, heartbeatSeconds, logSeconds, logBytes, telemetrySeconds, statusSeconds, followSeconds } = settings;
  return { minutes, heartbeatSeconds, logSeconds, logBytes, telemetrySeconds, statusSeconds, followSeconds };
}

/** Addresses, ids and times are not of one length. */
const IS_ABOUT: readonly string[] = ['bytesIn', 'bytesOut', 'logBytes'] satisfies (keyof Counts)[];
const ABOUT = 0.05;

/** Each difference in words; none: the same calls and units as were recorded. */
export function differences(recorded: CostRecord, now: CostRecord): string[] {
  return [...groups(recorded).keys(), ...groups(now).keys()]
    .filter((group, index, all) => all.indexOf(group) === index)
    .flatMap((group) => differentSteps(group, groups(recorded).get(group) ?? {}, groups(now).get(group) ?? {}));
}

/** So often is counted again what differs. */
const COUNTS = 3;

/**
 * What differs in each of up to three counts. A call that a busy machine was too slow to answer is tried again by the SDK and
 * is one more, now here and now there; one that a change has added is there each time.
 */
export async function lastingDifferences(recorded: CostRecord, count: () => Promise<CostRecord>): Promise<string[]> {
  const figureOf = (difference: string) => difference.slice(0, difference.lastIndexOf(': '));
  let found = differences(recorded, await count());
  for (let counts = 1; found.length > 0 && counts < COUNTS; counts++) {
    const before = new Set(found.map(figureOf));
    found = differences(recorded, await count()).filter((each) => before.has(figureOf(each)));
  }
  return found;
}

type Steps = Readonly<Record<string, Step>>;

function groups({ builds, idleHour, restMinute }: CostRecord): Map<string, Steps> {
  const ofBuilds = Object.entries(builds).map(([kind, { steps }]) => [`build (${kind})`, steps] as const);
  return new Map<string, Steps>([...ofBuilds, ['idle hour', idleHour.steps], ['minute at rest', restMinute]]);
}

function differentSteps(group: string, before: Steps, now: Steps): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap((step) => {
    const [was, is] = [flat(before[step]), flat(now[step])];
    const figures = new Set([...Object.keys(was), ...Object.keys(is)]);
    return [...figures].flatMap((figure) => {
      const [a, b] = [was[figure] ?? 0, is[figure] ?? 0];
      const isSame = IS_ABOUT.includes(figure) ? Math.abs(a - b) <= ABOUT * Math.max(a, b) : a === b;
      return isSame ? [] : [`${group} · ${step} · ${figure}: ${a} recorded, ${b} now`];
    });
  });
}

function flat(step: Step | undefined): Readonly<Record<string, number>> {
  if (!step) return {};
  const figures = Object.fromEntries(FIGURES.map((figure) => [figure, step.counts[figure]]));
  return { times: step.times, ...step.counts.calls, ...figures };
}
