import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUILD_STATES, type Build, type BuildState, isTerminal, TERMINAL_STATES } from '../../lib/domain/build.ts';
import {
  ALLOWED_FROM,
  type Claim,
  type Command,
  type Decision,
  decide,
  isHeldBy,
  type LifeClaim,
} from '../../lib/domain/transitions.ts';
import { aBuild, aHolder, aResult, NOW } from '../support/builders.ts';

const claim: Claim = { workerId: 'worker-1', tokenHash: 'hash-of-worker-1', attempt: 1 };

/** Of each command one that the build, but for its state, would take. */
const COMMANDS: { [T in Command['type']]: (build: Build) => Extract<Command, { type: T }> } = {
  assign: ({ attempt }) => ({
    type: 'assign',
    holder: aHolder(),
    attempt,
    leaseMs: 1000,
    maxAttempts: 3,
    platform: 'ios',
    labels: [],
  }),
  heartbeat: () => ({ type: 'heartbeat', claim, leaseMs: 90_000 }),
  complete: () => ({ type: 'complete', claim, result: aResult() }),
  fail: () => ({ type: 'fail', claim, kind: 'build', message: 'xcodebuild: 65' }),
  cancel: () => ({ type: 'cancel' }),
  requeue: ({ attempt, leaseUntil = 0 }) => ({ type: 'requeue', attempt, leaseUntil, maxAttempts: 3 }),
  giveBack: () => ({ type: 'giveBack', claim, spends: true, maxAttempts: 3 }),
  expire: ({ attempt }) => ({ type: 'expire', attempt, failure: { kind: 'timeout_build', message: 'slow' } }),
  reject: ({ attempt }) => ({ type: 'reject', attempt, failure: { kind: 'undeliverable', message: 'nobody' } }),
};
const TYPES = Object.keys(COMMANDS) as Command['type'][];

function decideAny(build: Build, command: Command, now = NOW): Decision<string> {
  return command.type === 'assign' ? decide(build, command, now) : decide(build, command, now);
}
const nextOf = (decision: Decision<string>) => (decision.ok ? decision.next : undefined);

describe('decide', () => {
  const table = TYPES.flatMap((type) => BUILD_STATES.map((state) => ({ type, state })));

  it.each(table)('$type in $state is as the table has it', ({ type, state }) => {
    const lost = type === 'requeue' ? { leaseUntil: NOW } : {};
    const build = aBuild(state, isTerminal(state) ? {} : lost);
    const isAllowed = (ALLOWED_FROM[type] as readonly BuildState[]).includes(state);
    const before = structuredClone(build);
    expect(decideAny(build, COMMANDS[type](build)).ok).toBe(isAllowed);
    expect(build).toEqual(before);
  });

  it('assigns a pending build: next attempt, its holder, the first lease', () => {
    const build = aBuild('pending', { attempt: 1 });
    const next = nextOf(decide(build, COMMANDS.assign(build), NOW));
    expect(next).toMatchObject({
      state: 'assigned',
      attempt: 2,
      holder: aHolder(),
      startedAt: NOW,
      leaseUntil: NOW + 1000,
    });
  });

  it('refuses an assignment by its first reason: moved on, then no source, then no attempts left', () => {
    const assign = { ...COMMANDS.assign(aBuild()), attempt: 3 };
    const spent = aBuild('pending', { attempt: 3, spentAttempts: 3 });
    const { source: _gone, ...bare } = spent;
    const codes = [aBuild('pending', { attempt: 2 }), bare, spent].map((build) => {
      const decision = decide(build, assign, NOW);
      return decision.ok ? 'ok' : decision.code;
    });
    expect(codes).toEqual(['build_moved', 'source_missing', 'attempts_exhausted']);
  });

  it('moves an assigned build to building with the first heartbeat, and slides its lease', () => {
    for (const state of ['assigned', 'building'] as const) {
      const next = nextOf(decideAny(aBuild(state), COMMANDS.heartbeat(aBuild())));
      expect(next).toMatchObject({ state: 'building', leaseUntil: NOW + 90_000, attempt: 1 });
    }
  });

  it('keeps the holder of an ended build and drops its lease', () => {
    for (const type of ['complete', 'fail', 'cancel'] as const) {
      const next = nextOf(decideAny(aBuild('building'), COMMANDS[type](aBuild())));
      expect(next).toMatchObject({ finishedAt: NOW, holder: aHolder() });
      expect(next).not.toHaveProperty('leaseUntil');
    }
  });
});

describe('the fence', () => {
  const strangers: [string, Claim][] = [
    ['another worker', { ...claim, workerId: 'worker-2' }],
    ['another token', { ...claim, tokenHash: 'hash-of-another' }],
    ['an earlier attempt', { ...claim, attempt: 0 }],
    ['a later attempt', { ...claim, attempt: 2 }],
  ];
  const fenced = ['heartbeat', 'complete', 'fail'] as const;

  it.each(strangers)('refuses %s in every state', (_who, stranger) => {
    for (const type of fenced) {
      for (const state of BUILD_STATES) {
        const command = { ...COMMANDS[type](aBuild()), claim: stranger };
        expect(decideAny(aBuild(state), command)).toMatchObject({ ok: false, code: 'lease_lost' });
      }
    }
  });

  it('takes a claim without token or attempt for what it says', () => {
    expect(isHeldBy(aBuild('building'), { workerId: 'worker-1' })).toBe(true);
    expect(isHeldBy(aBuild('building'), { workerId: 'worker-1', attempt: 1 })).toBe(true);
    const { tokenHash: _none, ...untold } = aHolder();
    expect(isHeldBy(aBuild('building', { holder: untold }), claim)).toBe(false);
    expect(isHeldBy(aBuild('pending'), { workerId: 'worker-1' })).toBe(false);
  });

  it('tells the holder why it must stop', () => {
    const codes = [...TERMINAL_STATES, 'pending' as const].map((state) => {
      const decision = decideAny(aBuild(state, { holder: aHolder(), attempt: 1 }), COMMANDS.heartbeat(aBuild()));
      return decision.ok ? 'ok' : decision.code;
    });
    expect(codes).toEqual(['build_finished', 'build_finished', 'build_cancelled', 'lease_lost']);
  });
});

describe('the virtual machine', () => {
  const vm = { tokenHash: 'hash-of-vm', beatTokenHash: 'hash-of-beat' };
  const claims: LifeClaim[] = [{ vmTokenHash: 'hash-of-vm' }, { beatTokenHash: 'hash-of-beat' }];
  const beat = (claim: LifeClaim) => ({ type: 'heartbeat', claim, leaseMs: 90_000 }) as const;

  it('keeps the attempt alive that it came in for, by either of its tokens', () => {
    for (const claim of claims) expect(decide(aBuild('assigned', { vm }), beat(claim), NOW).ok).toBe(true);
  });

  it('is nobody without a token of its own, or by the one that is for something else', () => {
    for (const claim of [...claims, { vmTokenHash: 'hash-of-beat' }, { beatTokenHash: 'hash-of-vm' }]) {
      const other = { ...vm, tokenHash: 'hash-of-another', beatTokenHash: 'beat-of-another' };
      for (const build of [aBuild('building'), aBuild('building', { vm: other })]) {
        expect(decide(build, beat(claim), NOW)).toMatchObject({ ok: false, code: 'lease_lost' });
      }
    }
  });

  it('is told why it must stop, and is forgotten with its attempt', () => {
    const codes = TERMINAL_STATES.map((state) => {
      const decision = decide(aBuild(state, { vm }), beat({ vmTokenHash: 'hash-of-vm' }), NOW);
      return decision.ok ? 'ok' : decision.code;
    });
    expect(codes).toEqual(['build_finished', 'build_finished', 'build_cancelled']);
    const otp = { hash: 'hash', expiresAt: NOW, wrongTries: 0 };
    const held = aBuild('building', { vm, otp });
    expect(nextOf(decideAny(held, COMMANDS.giveBack(held)))).not.toHaveProperty('vm');
    for (const type of ['complete', 'cancel', 'giveBack'] as const) {
      expect(nextOf(decideAny(held, COMMANDS[type](held)))).not.toHaveProperty('otp');
    }
  });
});

describe('requeue', () => {
  const lost = (changes: Partial<Build> = {}) => aBuild('building', { leaseUntil: NOW, ...changes });

  it('gives the build back without its holder, at the same attempt, as never sent', () => {
    const next = nextOf(decideAny(lost(), COMMANDS.requeue(lost())));
    expect(next).toEqual(aBuild('pending', { attempt: 1, sends: 0, spentAttempts: 1, queuedAt: NOW }));
  });

  it('waits for the end of the lease, to the millisecond', () => {
    const held = lost({ leaseUntil: NOW + 1 });
    expect(decideAny(held, COMMANDS.requeue(held)).ok).toBe(false);
    expect(decideAny(held, COMMANDS.requeue(held), NOW + 1).ok).toBe(true);
  });

  it('refuses what was seen before a heartbeat or another grant', () => {
    expect(decideAny(lost(), { ...COMMANDS.requeue(lost()), leaseUntil: NOW - 99_999 }).ok).toBe(false);
    expect(decideAny(lost(), { ...COMMANDS.requeue(lost()), attempt: 2 }).ok).toBe(false);
  });

  it('fails the build when the attempts are used up', () => {
    const last = lost({ attempt: 3, spentAttempts: 2 });
    expect(nextOf(decideAny(last, COMMANDS.requeue(last)))).toMatchObject({
      state: 'failed',
      attempt: 3,
      spentAttempts: 3,
      failure: { kind: 'lost_worker' },
    });
    const more = lost({ attempt: 5, spentAttempts: 1 });
    expect(nextOf(decideAny(more, COMMANDS.requeue(more)))).toMatchObject({ state: 'pending', attempt: 5 });
  });
});

describe('the picture in lib/domain/README.md', () => {
  it('has exactly the arrows of the table', () => {
    const text = readFileSync(new URL('../../lib/domain/README.md', import.meta.url), 'utf8');
    const drawn = [...text.matchAll(/^\s*(\S+) --> (\w+): (\w+)$/gm)].map(([, from, to, command]) => ({
      from,
      to,
      command,
    }));
    const arrows = drawn.map(({ from, command }) => `${from}: ${command}`).sort();
    const allowed = TYPES.flatMap((type) => ALLOWED_FROM[type].map((from) => `${from}: ${type}`)).sort();
    expect(arrows).toEqual(allowed);
    for (const { from, to, command } of drawn) {
      const build = aBuild(
        BUILD_STATES.find((state) => state === from) ?? 'pending',
        command === 'requeue' ? { leaseUntil: 0 } : {},
      );
      const type = TYPES.find((known) => known === command) ?? 'cancel';
      expect(`${from} --> ${nextOf(decideAny(build, COMMANDS[type](build)))?.state}: ${command}`).toBe(
        `${from} --> ${to}: ${command}`,
      );
    }
  });
});
