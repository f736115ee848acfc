import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './checker.ts';
import { type Crew, DRAIN_BOUND_MS, drain } from './crew.ts';
import { createDice } from './dice.ts';
import type { Entry, Evidence, History, Violation } from './history.ts';
import type { Attack } from './nemesis.ts';
import { recordedClient } from './recorded-client.ts';
import { createRecorder, dump, type Recorder } from './recorder.ts';
import { violation } from './view.ts';
import type { World } from './world.ts';

/** One fault of the plan: what goes wrong while the whole controller is at work. */
export interface Row {
  readonly name: string;
  readonly fault: string;
  /** Builds, or rounds of what the row does: all of them, and the few that every test run does. */
  readonly volume: number;
  readonly few: number;
  /** False: a 503 would have no excuse. */
  readonly isFaulty: boolean;
  readonly attacks?: readonly Attack[];
  /** Those of the workers that do what is left in the end. */
  readonly labels?: readonly string[];
  act(stage: Stage): Promise<void>;
}

export interface Stage extends Crew {
  readonly volume: number;
  /** Counts faults that no proxy makes. */
  inject(count?: number): void;
  /** Faults so far. */
  injected(): number;
  /** The history so far. */
  entries(): readonly Entry[];
  /** What the row promises beyond the invariants. */
  promise(what: string, isKept: boolean): void;
  /** Attacks of the row's own making, instead of those it began with. */
  attack(...attacks: Attack[]): void;
  blameBadRequests(writes: number): void;
  bury(build: string): void;
  /** Operations that are in no history. */
  operate(count: number): void;
  /** What the row measured. */
  note(text: string): void;
}

export interface RowResult {
  readonly row: Row;
  readonly seed: string;
  readonly injected: number;
  readonly operations: number;
  readonly violations: readonly Violation[];
  readonly seconds: number;
  /** What the row measured. */
  readonly note?: string;
  /** Where the history lies, if it shows a violation. */
  readonly file?: string;
}

/** Runs one row: faults, then none, then drain, then check. */
export async function runRow(world: World, row: Row, volume: number, seed: string): Promise<RowResult> {
  const startedAt = performance.now();
  await world.empty();
  const recorder = createRecorder();
  const { stage, tally } = stageOf(world, row, volume, seed, recorder);
  stage.attack(...(row.attacks ?? []));
  await row.act(stage);
  tally.stopCounting();
  world.nemesis.heal();
  await stage.client.resubmit();
  const refused = stage.client.open();
  stage.promise(`who submits again without faults is acknowledged (${refused} were not)`, refused === 0);
  const drainedMs = await drain(stage, row.labels);
  const found = await world.evidence();
  const evidence: Evidence = {
    ...found,
    drainedMs,
    drainBoundMs: DRAIN_BOUND_MS,
    deadLetters: [...found.deadLetters, ...tally.buried],
    writesByBadRequests: tally.writes,
    hadFaults: row.isFaulty,
  };
  const history: History = { entries: recorder.entries, evidence };
  const violations = [...check(history), ...tally.broken.map((what) => violation('target', what))];
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const operations = recorder.entries.length + tally.operations;
  const note = tally.notes.length > 0 ? { note: tally.notes.join(', ') } : {};
  const result = { row, seed, injected: tally.injected, operations, violations, seconds, ...note };
  if (violations.length === 0) return result;
  const file = join(tmpdir(), `buildlatch-history-${row.name}-${process.pid}.jsonl`);
  await dump(file, history, violations);
  return { ...result, file };
}

function stageOf(world: World, row: Row, volume: number, seed: string, recorder: Recorder) {
  const tally = {
    injected: 0,
    writes: 0,
    operations: 0,
    notes: [] as string[],
    broken: [] as string[],
    buried: [] as string[],
    stopCounting: () => {},
  };
  let running = { injected: () => 0 };
  tally.stopCounting = () => {
    tally.injected += running.injected();
    running = { injected: () => 0 };
  };
  // Faults, submits and behaviour have dice of their own: another answer of a worker's must not change all faults to come.
  const faultDice = createDice(`${seed} faults of ${row.name}`);
  const submitDice = createDice(`${seed} submits of ${row.name}`);
  const stage: Stage = {
    world,
    client: recordedClient(world.controller, recorder, { dice: submitDice, uploaded: 0.5, mistaken: 0.1 }),
    dice: createDice(`${seed} ${row.name}`),
    sleepers: [],
    failedSweeps: [],
    lost: [],
    volume,
    inject: (count = 1) => {
      tally.injected += count;
    },
    injected: () => tally.injected + running.injected(),
    entries: () => recorder.entries,
    promise: (what, isKept) => {
      if (!isKept) tally.broken.push(what);
    },
    attack: (...attacks) => {
      tally.stopCounting();
      running = world.nemesis.attack(attacks, faultDice);
    },
    blameBadRequests: (writes) => {
      tally.writes += writes;
    },
    bury: (build) => void tally.buried.push(build),
    operate: (count) => {
      tally.operations += count;
    },
    note: (text) => void tally.notes.push(text),
  };
  return { stage, tally };
}
