import type { FileStore, StoredAs } from '../../lib/app/file-ports.ts';
import type { AppEvent, Applied, BuildQueue, BuildStore, Hint, Message, WorkerStore } from '../../lib/app/ports.ts';
import type { Build, Platform } from '../../lib/domain/build.ts';
import { firstDueAt } from '../../lib/domain/due.ts';
import type { Pauses } from '../../lib/domain/pause.ts';
import { minuteOf, type Sample } from '../../lib/domain/telemetry.ts';
import { ALLOWED_FROM, type Claim, type Command, assignOf, decide } from '../../lib/domain/transitions.ts';
import { type Outcome, replacedToken, type Worker } from '../../lib/domain/worker.ts';
import { memoryPauses } from '../model/memory-pauses.ts';
import { waitingAmong } from '../model/memory-waiting.ts';
import { NOW } from './builders.ts';
import { MAX_SOURCE_BYTES, SAME_REQUEST_MS } from './settings.ts';

interface Sent {
  readonly hint: Hint;
  readonly sentAt: number;
  receives: number;
  visibleAt: number;
}

export type World = ReturnType<typeof memoryWorld>;

/** The ports in memory, for use cases: the same outcomes as on AWS, decided by the domain. `state.now` is the clock. */
export function memoryWorld() {
  const state = { now: NOW, chance: 0.5, drawn: 0 };
  const builds = new Map<string, Build>();
  const dueAt = new Map<string, number>();
  const workers = new Map<string, Worker>();
  const pauses = new Map<Platform, Pauses>();
  const files = new Map<string, StoredAs & { bytes?: Uint8Array }>();
  const messages = new Map<string, Sent>();
  const events: AppEvent[] = [];
  const notes: string[] = [];
  const progressOf = new Map<string, number>();
  const samples: { buildId: string; sample: Sample }[] = [];
  const minutes = new Map<string, number>();
  const isFirst = (buildId: string, sample: Sample) => {
    const isNew = minutes.get(buildId) !== minuteOf(sample);
    minutes.set(buildId, minuteOf(sample));
    return isNew;
  };
  /** Every call in order, as `port.method`; one whose name is here throws, before or after its effect. */
  const calls: string[] = [];
  const faults = new Map<string, 'before' | 'after'>();

  const isIn = (build: Build, command: Command['type']) =>
    (ALLOWED_FROM[command] as readonly string[]).includes(build.state);
  const refused = (current: Build | undefined): Applied => ({ ok: false, current });
  const free = (build: Build, lastOutcome: Outcome) => {
    const worker = workers.get(build.holder?.workerId ?? '');
    if (!worker || worker.current?.buildId !== build.id || worker.current.attempt !== build.attempt) return;
    const { current: _freed, ...rest } = worker;
    const counted = {
      ...(lastOutcome === 'completed' && { completedBuilds: rest.completedBuilds + 1 }),
      ...(lastOutcome === 'failed' && { failedBuilds: rest.failedBuilds + 1 }),
    };
    workers.set(worker.id, { ...rest, releasedAt: state.now, lastOutcome, ...counted });
  };
  const end = (build: Build, next: Build, outcome: Outcome = 'cancelled'): Applied => {
    builds.set(build.id, next);
    dueAt.delete(build.id);
    free(build, outcome);
    if (next.state === 'pending') dueAt.set(build.id, state.now);
    return { ok: true };
  };
  const change = (
    id: string,
    command: Exclude<Command, { type: 'assign' }>,
    apply: (from: Build, to: Build) => Applied,
  ) => {
    const build = builds.get(id);
    const decision = build && decide(build, command, state.now);
    return build && decision?.ok ? apply(build, decision.next) : refused(build);
  };
  const isStillAt = (seen: Build, command: Command['type']) => {
    const build = builds.get(seen.id);
    return build !== undefined && isIn(build, command) && build.attempt === seen.attempt;
  };

  const buildStore: BuildStore = {
    get: async (id) => builds.get(id),
    create: async (build) => {
      if (builds.has(build.id)) return builds.get(build.id)?.tokenHashes[0] === build.tokenHashes[0];
      builds.set(build.id, build);
      dueAt.set(build.id, firstDueAt(build));
      return true;
    },
    addToken: async (build, hash) => {
      const seen = builds.get(build.id);
      if (seen) builds.set(build.id, { ...seen, tokenHashes: [...seen.tokenHashes, hash] });
    },
    markSent: async ({ id, attempt }, sends, due) => {
      const build = builds.get(id);
      if (!build || !isIn(build, 'assign') || build.attempt !== attempt) return;
      builds.set(id, { ...build, sends });
      dueAt.set(id, due);
    },
    assign: async (grant) => {
      const { buildId, holder, workerEpoch, now, otpHash, otpExpiresAt, dueAt: due } = grant;
      const [build, worker] = [builds.get(buildId), workers.get(holder.workerId)];
      if (!build) return { ok: false, refusal: 'build_absent' };
      const decision = decide(build, assignOf(grant), now);
      if (!decision.ok) return { ok: false, refusal: decision.code };
      if (!worker) return { ok: false, refusal: 'worker_not_found' };
      if (worker.epoch !== workerEpoch) return { ok: false, refusal: 'worker_offline' };
      if (worker.current) return { ok: false, refusal: 'worker_busy' };
      builds.set(buildId, { ...decision.next, otp: { hash: otpHash, expiresAt: otpExpiresAt, wrongTries: 0 } });
      dueAt.set(buildId, due);
      workers.set(worker.id, { ...worker, current: { buildId, attempt: decision.next.attempt }, lastSeenAt: now });
      return { ok: true };
    },
    reissueOtp: async (seen, otp) => {
      const build = builds.get(seen.id);
      if (build?.state !== 'assigned' || !isStillAt(seen, 'heartbeat')) return false;
      builds.set(build.id, { ...build, otp: { ...otp, wrongTries: 0 } });
      return true;
    },
    countWrongOtp: async (seen) => {
      const build = builds.get(seen.id);
      if (build?.otp?.hash !== seen.otp?.hash || !build?.otp) return;
      builds.set(build.id, { ...build, otp: { ...build.otp, wrongTries: build.otp.wrongTries + 1 } });
    },
    admitVm: async (seen, vm, now) => {
      const build = builds.get(seen.id);
      const isOpen = build?.otp && build.otp.hash === seen.otp?.hash && build.otp.usedAt === undefined;
      if (!isOpen || !isStillAt(seen, 'heartbeat')) return refused(build);
      builds.set(build.id, { ...build, vm, otp: { ...build.otp, usedAt: now } });
      return { ok: true };
    },
    vmReady: async (buildId, claim, now) => {
      let ready: Build | undefined;
      const applied = change(buildId, { type: 'heartbeat', claim, leaseMs: 0 }, ({ leaseUntil, vm }, to) => {
        const since = vm && { vm: { ...vm, readyAt: vm.readyAt ?? now } };
        ready = { ...to, ...(leaseUntil !== undefined && { leaseUntil }), ...since };
        builds.set(buildId, ready);
        return { ok: true };
      });
      return applied.ok && ready ? { ok: true, build: ready } : applied;
    },
    heartbeat: async (buildId, claim, { leaseUntil, rebindTo, progress, sample }) =>
      change(buildId, { type: 'heartbeat', claim, leaseMs: 0 }, (_from, to) => {
        const holder = to.holder && { ...to.holder, ...(rebindTo !== undefined && { tokenHash: rebindTo }) };
        builds.set(buildId, { ...to, leaseUntil, ...(holder && { holder }) });
        const isProgressNew = progress !== undefined && progressOf.get(buildId) !== progress;
        if (isProgressNew) progressOf.set(buildId, progress);
        const isSampleDue = sample !== undefined && isFirst(buildId, sample);
        return { ok: true, isProgressNew, isSampleDue };
      }),
    measure: async (buildId, workerId, sample) => {
      const build = builds.get(buildId);
      const isHeld = build !== undefined && isIn(build, 'heartbeat') && build.holder?.workerId === workerId;
      return isHeld && isFirst(buildId, sample);
    },
    extendLease: async ({ id }, leaseUntil) => {
      const build = builds.get(id);
      if (build && (build.leaseUntil ?? 0) < leaseUntil) builds.set(id, { ...build, leaseUntil });
    },
    finish: async (buildId, claim: Claim, ending) =>
      ending.state === 'completed'
        ? change(buildId, { type: 'complete', claim, result: ending.result }, (from, to) => end(from, to, 'completed'))
        : change(buildId, { ...ending, type: 'fail', claim }, (from, to) => end(from, to, 'failed')),
    cancel: async (seen) =>
      isStillAt(seen, 'cancel') ? change(seen.id, { type: 'cancel' }, end) : refused(builds.get(seen.id)),
    requeue: async (seen, next) => {
      const build = builds.get(seen.id);
      if (!build || !isStillAt(seen, 'requeue') || build.leaseUntil !== seen.leaseUntil) return false;
      return end(build, next, 'lost').ok;
    },
    giveBack: async (seen, next, _now, worker) => {
      const build = builds.get(seen.id);
      if (!build || !isStillAt(seen, 'giveBack')) return refused(build);
      end(build, next, 'given_back');
      if (worker === 'leaves' && build.holder) workers.delete(build.holder.workerId);
      return { ok: true };
    },
    reject: async ({ id, attempt }, failure) => change(id, { type: 'reject', attempt, failure }, end).ok,
    rejectUnreadable: async (id) => {
      const failure = { kind: 'unreadable', message: 'Assignment failed: unreadable' } as const;
      return change(id, { type: 'reject', attempt: builds.get(id)?.attempt ?? 0, failure }, end).ok;
    },
    expire: async ({ id, attempt }, failure) => change(id, { type: 'expire', attempt, failure }, end),
    noteCertsRead: async ({ id, attempt }, by) => void notes.push(`${id} certs read by ${by} in attempt ${attempt}`),
    events: async () => [],
  };

  const workerStore: WorkerStore = {
    get: async (id) => workers.get(id),
    create: async (worker) => void workers.set(worker.id, worker),
    renew: async (seen, { name, platforms, labels, token, now }) => {
      const { labels: _before, ...worker } = workers.get(seen.id) ?? {};
      if (!('epoch' in worker) || worker.epoch !== seen.epoch) return false;
      const times = { registeredAt: now, lastSeenAt: now };
      workers.set(seen.id, {
        ...worker,
        ...times,
        ...(labels && { labels }),
        name,
        platforms,
        token,
        previousToken: replacedToken(seen, now),
        epoch: seen.epoch + 1,
      });
      return true;
    },
    noteSeen: async ({ id }, now) => {
      const worker = workers.get(id);
      if (worker) workers.set(id, { ...worker, lastSeenAt: now });
    },
    setDraining: async (id, isDraining) => {
      const worker = workers.get(id);
      if (worker) workers.set(id, { ...worker, isDraining });
      return worker !== undefined;
    },
    pardon: async ({ id, epoch, releasedAt }) => {
      const { lastOutcome: _forgiven, ...worker } = workers.get(id) ?? {};
      if (!('epoch' in worker) || worker.epoch !== epoch || worker.releasedAt !== releasedAt) return false;
      workers.set(id, { ...worker, strikes: 0 });
      return true;
    },
    remove: async ({ id, epoch }) => {
      const worker = workers.get(id);
      if (worker?.epoch === epoch && !worker.current) workers.delete(id);
    },
    forget: async ({ id, current }) => {
      const { current: held, ...rest } = workers.get(id) ?? {};
      if (held?.buildId === current?.buildId && held?.attempt === current?.attempt) workers.set(id, rest as Worker);
    },
  };

  const toMessage = ([receipt, { hint, receives, sentAt }]: [string, Sent]): Message => ({
    id: receipt,
    receipt,
    platform: hint.platform,
    hint,
    receives,
    sentAt,
  });
  const queue: BuildQueue = {
    send: async (hint) => {
      messages.set(`message-${++state.drawn}`, { hint, sentAt: state.now, receives: 0, visibleAt: state.now });
    },
    receive: async (platform: Platform) => {
      const found = [...messages].find(
        ([, { hint, visibleAt }]) => hint.platform === platform && visibleAt <= state.now,
      );
      if (!found) return undefined;
      found[1].receives += 1;
      found[1].visibleAt = state.now + 30_000;
      return toMessage(found);
    },
    delete: async ({ receipt }) => void messages.delete(receipt),
    giveBack: async ({ receipt }, seconds) => {
      const sent = messages.get(receipt);
      if (sent) sent.visibleAt = state.now + seconds * 1000;
    },
  };

  const waiting = waitingAmong(() => [...builds.values()]);

  const fileStore: FileStore = {
    ticket: async (kind, key, file, now) => ({
      url: `https://files.test/${kind}/${key}`,
      headers: { size: `${file.size}` },
      expiresAt: now + 900_000,
    }),
    put: async (kind, key, bytes, sha256) => void files.set(`${kind}/${key}`, { size: bytes.length, sha256, bytes }),
    adopt: async (kind, key, { size, sha256 }) => void files.set(`${kind}/${key}`, { size, sha256 }),
    find: async (kind, key) => {
      const { bytes: _inside, ...stored } = files.get(`${kind}/${key}`) ?? {};
      return 'size' in stored ? (stored as StoredAs) : undefined;
    },
    read: async (kind, key) => files.get(`${kind}/${key}`)?.bytes,
    link: async (kind, key, filename) => `https://files.test/${kind}/${key}?as=${filename}`,
  };

  /** Counts the calls of a port, and breaks those that `faults` names. */
  function watched<Port extends object>(name: string, port: Port): Port {
    return new Proxy(port, {
      get: (target, method, receiver) => {
        const run: unknown = Reflect.get(target, method, receiver);
        if (typeof run !== 'function') return run;
        return async (...args: unknown[]) => {
          const call = `${name}.${String(method)}`;
          calls.push(call);
          if (faults.get(call) === 'before') throw new Error(`lost before ${call}`);
          const answer: unknown = await run.apply(target, args);
          if (faults.get(call) === 'after') throw new Error(`lost after ${call}`);
          return answer;
        };
      },
    });
  }

  const deps = {
    builds: watched('builds', buildStore),
    metrics: watched('metrics', {
      put: async (buildId: string, sample: Sample) => void samples.push({ buildId, sample }),
      read: async () => [],
    }),
    logs: watched('logs', {
      note: async (buildId: string, { message }: { message: string }) => void notes.push(`${buildId}: ${message}`),
    }),
    workers: watched('workers', workerStore),
    queue: watched('queue', queue),
    waiting: watched('waiting', waiting),
    pauses: watched('pauses', memoryPauses(pauses)),
    // Without the reads that a poll is spared: they are in its own test.
    lookout: {
      isPaused: async (platform: Platform) => pauses.get(platform)?.pause !== undefined,
      isPausedNow: async (platform: Platform) => pauses.get(platform)?.pause !== undefined,
    },
    files: watched('files', fileStore),
    secrets: {
      id: () => `id-${++state.drawn}`.padEnd(21, '0'),
      token: () => `token-${++state.drawn}`,
      hash: (secret: string) => `hash of ${secret}`,
      idFrom: (seed: string) => `id from ${seed}`,
      matches: (secret: string, hash: string) => `hash of ${secret}` === hash,
    },
    derive: (seed: string) => `derived from ${seed}`,
    priorityAgingMs: 600_000,
    clock: () => state.now,
    chance: () => state.chance,
    report: (event: AppEvent) => void events.push(event),
    sameRequestMs: SAME_REQUEST_MS,
    maxBytes: MAX_SOURCE_BYTES,
  };
  return { state, builds, dueAt, workers, pauses, files, messages, events, notes, samples, calls, faults, deps };
}
