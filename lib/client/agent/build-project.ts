import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '../answers.ts';
import type { Clock } from '../clock.ts';
import { unpackArchive } from '../unpack/unpack-archive.ts';
import { type Artifact, collectArtifact } from './artifact.ts';
import { buildEnvironment } from './build-environment.ts';
import { type Limits, watchLimits } from './build-limits.ts';
import type { BuildLog } from './build-log.ts';
import { CommandFailed } from './build-stopped.ts';
import { type CommandEnd, type CommandRequest, runCommand } from './command.ts';
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
  readonly limits: Limits;
  readonly env: NodeJS.ProcessEnv;
  /** Names in `env` that the command may see, besides the usual ones. */
  readonly passEnv: readonly string[];
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
  const { job, clock, log, emit, folder } = build;
  const [project, temporary] = [join(folder, 'project'), join(folder, 'tmp')];
  for (const each of [project, temporary]) await mkdir(each, { mode: 0o700 });
  await unpackArchive(build.archive, project);
  build.signal.throwIfAborted();
  const config = await readProjectConfig(project, job.platform, build.overrides);
  log.add('info', `$ ${config.command}`);
  const tail: string[] = [];
  const startedAt = clock.now();
  const ofBuild = { build_id: job.id, attempt: job.attempt };
  const end = await runLimited(build, {
    command: config.command,
    cwd: project,
    env: buildEnvironment(build.env, build.passEnv, job, { temporary, signing: build.signing?.env }),
    workspace: folder,
    onStart: (pid) => emit({ event: 'command_started', ...ofBuild, pid }),
    onLine: (source, line) => {
      log.add(source === 'stdout' ? 'info' : 'warn', line);
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
    },
  });
  const durationMs = Math.round(clock.now() - startedAt);
  emit({ event: 'command_ended', ...ofBuild, exit_code: end.exitCode, duration_ms: durationMs });
  if (end.exitCode !== 0) throw new CommandFailed(failureText(end, tail));
  return collectArtifact(project, config.artifact, build.folder);
}

/** Not longer than it may run, nor silent for longer than it may be. */
async function runLimited(
  { clock, limits, log, signal }: ProjectBuild,
  request: Omit<CommandRequest, 'clock' | 'signal' | 'room'>,
): Promise<CommandEnd> {
  const watch = watchLimits(clock, limits);
  const room = () => {
    const untilRoom = log.room();
    watch.heard(untilRoom);
    return untilRoom;
  };
  try {
    return await runCommand({ ...request, room, clock, signal: AbortSignal.any([signal, watch.signal]) });
  } finally {
    watch.end();
  }
}

function failureText(end: CommandEnd, tail: readonly string[]): string {
  const what = end.killedBy ? `was killed by ${end.killedBy}` : `exited with code ${end.exitCode}`;
  const output = tail.join('\n').slice(-TAIL_CHARS);
  return `Build command ${what}${output.trim() === '' ? '' : `\n${output}`}`;
}
