import { createHash } from 'node:crypto';
import { appendLogs } from '../../lib/app/append-logs.ts';
import { assignBuild } from '../../lib/app/assign-build.ts';
import { authenticateWorker } from '../../lib/app/authenticate-worker.ts';
import { createResultUpload } from '../../lib/app/create-upload.ts';
import { completeWithBytes, completeWithUpload, failBuild } from '../../lib/app/finish-build.ts';
import { abandonBuild, unregisterWorker } from '../../lib/app/give-back.ts';
import { heartbeat } from '../../lib/app/heartbeat.ts';
import { heldBuild } from '../../lib/app/held-build.ts';
import { registerWorker } from '../../lib/app/register-worker.ts';
import { PLATFORMS, type Platform } from '../../lib/domain/build.ts';
import type { Claim } from '../../lib/domain/transitions.ts';
import type { Controller, World } from './world.ts';

/** One grant as its worker knows it. */
export interface Job {
  readonly buildId: string;
  readonly attempt: number;
}

/** A build machine, as far as it remembers. */
export interface CrewMember {
  readonly name: string;
  readonly platforms: readonly Platform[];
  readonly labels: readonly string[];
  /** Old programs name no attempt, and do one thing after the other. */
  readonly saysAttempt: boolean;
  id?: string;
  tokenHash?: string;
  isPaused: boolean;
  /** Every grant it ever received; the last is the one it works on. */
  readonly jobs: Job[];
}

export const aMember = (name: string, changes: Partial<CrewMember> = {}): CrewMember => ({
  name,
  platforms: PLATFORMS,
  labels: [],
  saysAttempt: true,
  isPaused: false,
  jobs: [],
  ...changes,
});

/** What workers say to the controller, and what they make of its answers. One object for each worker. */
export function crewOf({ files }: World) {
  const claimOf = (member: CrewMember, { attempt }: Job): Claim => ({
    workerId: member.id ?? 'nobody',
    ...(member.tokenHash !== undefined && { tokenHash: member.tokenHash }),
    ...(member.saysAttempt && { attempt }),
  });
  const credentialsOf = ({ id = 'nobody', tokenHash }: CrewMember) => [
    { workerId: id, ...(tokenHash !== undefined && { tokenHash }) },
  ];
  const upload = async (to: Controller, member: CrewMember, job: Job): Promise<string> => {
    const held = await heldBuild(to, job.buildId, claimOf(member, job));
    const { bytes, sha256 } = resultOf(member, job);
    const { url, uploadId } = await createResultUpload(to, held, { size: bytes.length, sha256 });
    files.upload(url, bytes, sha256);
    return uploadId;
  };
  const report = (to: Controller, member: CrewMember, job: Job, uploadId: string) =>
    completeWithUpload(to, job.buildId, claimOf(member, job), uploadId);
  return {
    register: async (to: Controller, member: CrewMember, activeBuilds?: number) => {
      const { id, name, platforms, labels } = member;
      if (activeBuilds === 0) forgetsWhenOld(member);
      const { worker } = await registerWorker(to, {
        name,
        platforms,
        ...(labels.length > 0 && { labels }),
        ...(id !== undefined && { id }),
        ...(activeBuilds !== undefined && { activeBuilds }),
      });
      member.id = worker.id;
      member.tokenHash = worker.token.hash;
    },
    poll: async (to: Controller, member: CrewMember): Promise<Job | undefined> => {
      forgetsWhenOld(member);
      const { worker, tokenHash } = await authenticateWorker(to, credentialsOf(member));
      const { assignment } = await assignBuild(to, worker, tokenHash, to);
      if (!assignment) return undefined;
      const { buildId, attempt } = assignment;
      const isKnown = member.jobs.some((job) => job.buildId === buildId && job.attempt === attempt);
      if (!isKnown) member.jobs.push({ buildId, attempt });
      return { buildId, attempt };
    },
    heartbeat: (to: Controller, member: CrewMember, job: Job) =>
      heartbeat(to, job.buildId, claimOf(member, job), to.leaseMs),
    /** `timestamp`: by whatever clock the worker has. */
    log: (to: Controller, member: CrewMember, job: Job, timestamp = to.clock()) => {
      const line = { timestamp, level: 'info', message: `from ${member.name}` } as const;
      return appendLogs(to, job.buildId, claimOf(member, job), [line], to.leaseMs);
    },
    /** By an upload and a report, as new programs do it. */
    deliver: async (to: Controller, member: CrewMember, job: Job) =>
      report(to, member, job, await upload(to, member, job)),
    upload,
    report,
    /** In one request, as old programs do it. */
    complete: async (to: Controller, member: CrewMember, job: Job) => {
      const claim = claimOf(member, job);
      const held = await heldBuild(to, job.buildId, claim);
      await completeWithBytes(to, held, claim, resultOf(member, job));
    },
    fail: (to: Controller, member: CrewMember, job: Job) =>
      failBuild(to, job.buildId, claimOf(member, job), 'xcodebuild: 65'),
    abandon: (to: Controller, member: CrewMember, job: Job) =>
      abandonBuild(to, job.buildId, claimOf(member, job), to.maxAttempts),
    unregister: async (to: Controller, member: CrewMember) => {
      const { worker, tokenHash } = await authenticateWorker(to, credentialsOf(member));
      await unregisterWorker(to, worker, tokenHash, to.maxAttempts);
    },
  };
}

export type Crew = ReturnType<typeof crewOf>;

/** An old program does one thing after the other: once it polls, it is done with what it had before. */
function forgetsWhenOld({ saysAttempt, jobs }: CrewMember): void {
  if (!saysAttempt) jobs.length = 0;
}

/** The bytes say whose they are. */
function resultOf({ name }: CrewMember, { buildId, attempt }: Job) {
  const bytes = new TextEncoder().encode(`${buildId}@${attempt} by ${name}`);
  return { bytes, sha256: sha256(bytes) };
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
