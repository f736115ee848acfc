import { breakEverywhere } from '../model/breaks.ts';
import { failSend, RESENT_WITHIN_MS } from '../model/failed-sends.ts';
import { loseLeases } from '../model/lost-leases.ts';
import { SCENARIOS } from '../model/scenarios.ts';
import { runSkewed } from '../model/skewed-clocks.ts';
import { soakModel } from '../model/soak-model.ts';
import { createDice } from './dice.ts';

/** What only a model can play: another clock in each Lambda, an index that is late, a death at any await, every interleaving. */

export interface Part {
  readonly name: string;
  readonly fault: string;
  readonly volume: number;
  /** What every test run does. */
  readonly few: number;
  run(volume: number, seed: string): Promise<Found>;
}

interface Found {
  readonly broken: readonly string[];
  readonly injected: number;
  readonly operations: number;
  readonly note: string;
}

/** So many are told; what is wrong once is wrong in many runs. */
const MOST_TOLD = 20;

const twoSweepers: Part = {
  name: 'two-sweepers',
  fault: 'two sweepers at once, index 0-5 s late (model)',
  volume: 5_000,
  few: 500,
  async run(volume, seed) {
    const sum = { lost: 0, lateBeats: 0, runs: 0 };
    const broken: string[] = [];
    for (; sum.lost < volume && broken.length < MOST_TOLD; sum.runs++) {
      const found = await loseLeases(createDice(`${seed} two-sweepers ${sum.runs}`));
      sum.lost += found.lost;
      sum.lateBeats += found.lateBeats;
      broken.push(...found.broken.map((what) => `run ${sum.runs}: ${what}`));
    }
    const note = `${sum.lost} lost leases, each ended once; ${sum.lateBeats} late beats met a sweep`;
    return { broken, injected: sum.lost, operations: sum.runs, note };
  },
};

const clockSkew: Part = {
  name: 'clock-skew',
  fault: 'clock skew +-5 s across Lambdas; worker clock +-1 h, DST, 1970 (model)',
  volume: 1_000,
  few: 100,
  async run(volume, seed) {
    let beats = 0;
    const clocks = new Set<string>();
    const broken: string[] = [];
    for (let run = 0; run < volume && broken.length < MOST_TOLD; run++) {
      const found = await runSkewed(`${seed} clock-skew ${run}`);
      beats += found.beats;
      clocks.add(found.worker);
      broken.push(...found.broken.map((what) => `run ${run}: ${what}`));
    }
    const note = `${beats} heartbeats, none too late; ${clocks.size} wrong clocks, none used`;
    return { broken, injected: volume, operations: beats, note };
  },
};

const failedSends: Part = {
  name: 'resent-in-time',
  fault: `SQS send fails after the put: sent again within ${RESENT_WITHIN_MS / 1000} s (model)`,
  volume: 2_000,
  few: 200,
  async run(volume, seed) {
    let worst = 0;
    const broken: string[] = [];
    for (let run = 0; run < volume && broken.length < MOST_TOLD; run++) {
      const found = await failSend(createDice(`${seed} resent-in-time ${run}`));
      worst = Math.max(worst, found.afterMs);
      broken.push(...found.broken.map((what) => `run ${run}: ${what}`));
    }
    return { broken, injected: volume, operations: volume, note: `${(worst / 1000).toFixed(1)} s at worst` };
  },
};

/** Of all operations; there is nothing to draw. */
const everyAwait: Part = {
  name: 'every-await',
  fault: 'kill -9 of the controller at every await, exhaustive (model)',
  volume: SCENARIOS.length,
  few: 3,
  async run(volume) {
    const [broken, notes]: [string[], string[]] = [[], []];
    let killed = 0;
    let lost = 0;
    for (const scenario of SCENARIOS.slice(0, volume)) {
      const found = await breakEverywhere(scenario);
      killed += found.killed;
      lost += found.lost;
      notes.push(`${scenario.name} ${found.moments}`);
      broken.push(...found.broken.map((what) => `${scenario.name}: ${what}`));
    }
    const note = `${killed} kills, ${lost} lost requests and replies; moments: ${notes.join(', ')}`;
    return { broken, injected: killed + lost, operations: killed + lost, note };
  },
};

const schedules: Part = {
  name: 'model',
  fault: 'model: schedules, and a quarter as many stalls; clocks, deaths',
  volume: 10_000,
  few: 10,
  async run(volume, seed) {
    try {
      const seen = await soakModel({ runs: volume, seed: createDice(seed).between(0, 2 ** 31 - 1) });
      const { sequences, stalled, says } = seen;
      const broken = sequences < volume ? [`${sequences} of ${volume} sequences were played`] : [];
      return { injected: 0, operations: sequences + stalled, broken, note: says.join('; ') };
    } catch (error) {
      // What fast-check throws: the counterexample, shrunk, and its seed.
      if (!(error instanceof Error)) throw error;
      return { injected: 0, operations: 0, broken: [error.message], note: '' };
    }
  },
};

export const MODEL_PARTS: readonly Part[] = [twoSweepers, clockSkew, failedSends, everyAwait, schedules];
