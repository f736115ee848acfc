import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '../answers.ts';
import type { Clock } from '../clock.ts';
import { unpackArchive } from '../unpack/unpack-archive.ts';
import { type Artifact, collectArtifact } from './artifact.ts';
import { buildEnvironment } from './build-environment.ts';
import type { BuildLog } from './build-log.ts';
import { BuildFailure } from './build-stopped.ts';
import { type CommandEnd, runCommand } from './command.ts';
import type { Emit } from './events.ts';
import type { SigningFiles } from './signing-files.ts';
import { type ConfigOverrides, readProjectConfig } from './project-config.ts';

export interface ProjectBuild {
  readonly job: Job;
  /** The build's own folder, and in it the verified source. */
  readonly folder: string;
  readonly archive: string;
  readonly signing?: SigningFiles | undefined;
  readonly overrides: ConfigOverrides;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly log: BuildLog;
  readonly signal: AbortSignal;
}

/** How much of the output goes into the error message, which is shown where there is no room for a log. */
const TAIL_LINES = 10;
const TAIL_CHARS = 1_000;

/** From source archive to artifact. Throws `BuildFailure` for what the project's owner has to mend. */
export async function buildProject(build: ProjectBuild): Promise<Artifact> {
  const { job, clock, log, emit } = build;
  const project = join(build.folder, 'project');
  await mkdir(project, { mode: 0o700 });
  await unpackArchive(build.archive, project);
  build.signal.throwIfAborted();
  const config = await readProjectConfig(project, build.overrides);
  log.add('info', `$ ${config.command}`);
  const tail: string[] = [];
  const startedAt = clock.now();
  const end = await runCommand({
    command: config.command,
    cwd: project,
    env: buildEnvironment(build.env, job, build.signing?.env),
    clock,
    signal: build.signal,
    onStart: (pid) => emit({ event: 'command_started', build_id: job.id, attempt: job.attempt, pid }),
    onLine: (source, line) => {
      log.add(source === 'stdout' ? 'info' : 'warn', line);
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
    },
  });
  const durationMs = Math.round(clock.now() - startedAt);
  emit({
    event: 'command_ended',
    build_id: job.id,
    attempt: job.attempt,
    exit_code: end.exitCode,
    duration_ms: durationMs,
  });
  if (end.exitCode !== 0) throw new BuildFailure(failureText(end, tail));
  return collectArtifact(project, config.artifact, build.folder);
}

function failureText(end: CommandEnd, tail: readonly string[]): string {
  const what = end.killedBy ? `was killed by ${end.killedBy}` : `exited with code ${end.exitCode}`;
  const output = tail.join('\n').slice(-TAIL_CHARS);
  return `Build command ${what}${output.trim() === '' ? '' : `\n${output}`}`;
}
