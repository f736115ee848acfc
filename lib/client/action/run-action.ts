import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { amount } from '../amount.ts';
import { useProxies } from '../network.ts';
import { clientIn } from '../scripting/client-in.ts';
import type { BuildStatus, Client, DownloadedFile } from '../scripting/contract.ts';
import { endBuild } from './end-build.ts';
import { type ActionInputs, readInputs, readSigning, UnusableInputs } from './inputs.ts';
import { runKey } from './run-key.ts';
import { createRunner, type Runner, type Surroundings } from './runner.ts';
import { type SourceError, sourceError } from './source-error.ts';
import { durations, stepSummary } from './step-summary.ts';

interface Step {
  readonly surroundings: Surroundings;
  readonly runner: Runner;
  readonly inputs: ActionInputs;
  readonly client: Client;
  /** Aborted when nobody waits any more: the run is cancelled, or the time is over. */
  readonly leave: AbortController;
}

/** GitHub shows ten of a step. */
const MAX_ANNOTATIONS = 10;
const TAIL_LINES = 50;

/** The step itself; answers its exit code. */
export async function runAction(surroundings: Surroundings): Promise<number> {
  const runner = createRunner(surroundings);
  runner.state('started', 'true');
  const leave = new AbortController();
  surroundings.onInterrupt(() => leave.abort(new Error('the run was cancelled')));
  try {
    const inputs = readInputs(surroundings.env);
    for (const secret of [inputs.apiKey, inputs.certPassword]) if (secret) runner.mask(secret);
    useProxies(surroundings.env);
    const { clock, random } = surroundings;
    const onRetry = (error: unknown, delayMs: number) =>
      runner.say(`${reasonOf(error)}; next try in ${Math.ceil(delayMs / 1000)} s`);
    const client = clientIn({ clock, random }, { url: inputs.url, apiKey: inputs.apiKey, onRetry });
    return await submitAndFollow({ surroundings, runner, inputs, client, leave });
  } catch (error) {
    runner.endLog();
    const title = error instanceof UnusableInputs ? 'Inputs of the Buildlatch step' : 'Buildlatch';
    for (const line of reasonOf(error).split('\n')) runner.error(line, { title });
    return 1;
  }
}

async function submitAndFollow(step: Step): Promise<number> {
  const { runner, inputs } = step;
  const { id, status } = await submit(step);
  runner.output('build-id', id);
  runner.output('state', status);
  const url = `${inputs.url.replace(/\/+$/, '')}/#/builds/${id}`;
  runner.output('build-url', url);
  if (!inputs.isWaiting) return 0;
  // What is saved, the end of the job looks at: should this process be killed, the build is cancelled there.
  runner.state('build', id);
  if (step.leave.signal.aborted) return leaveBuild(step, id);
  const seen = await follow(step, id);
  if (!seen) return leaveBuild(step, id);
  runner.state('over', 'true');
  return report(step, seen, url);
}

async function submit({ surroundings, runner, inputs, client, leave }: Step) {
  const { env, cwd } = surroundings;
  const signing = await readSigning(cwd, inputs);
  // A submit that is on its way is not broken off: then nobody would know whether there is a build to cancel.
  const upload = new AbortController();
  const stop = () => upload.abort(leave.signal.reason);
  leave.signal.addEventListener('abort', stop);
  if (leave.signal.aborted) stop();
  runner.group(`Submit ${inputs.folder} for ${inputs.platform}`);
  try {
    const build = await client.submit({
      ...{ platform: inputs.platform, labels: inputs.labels, priority: inputs.priority, signing },
      source: resolve(cwd, inputs.folder),
      idempotencyKey: runKey(env, inputs, signing),
      onWarning: (text) => runner.warning(text),
      onSubmit: () => leave.signal.removeEventListener('abort', stop),
      signal: upload.signal,
    });
    runner.mask(build.access_token);
    runner.say(`Uploaded ${amount(build.source_size)}, SHA-256 ${build.source_sha256}`);
    runner.say(`Build ${build.id}`);
    return build;
  } finally {
    runner.endGroup();
  }
}

interface Seen {
  readonly status: BuildStatus;
  readonly tail: readonly string[];
  readonly errors: readonly SourceError[];
}

/** Shows the log until the build is over; undefined when nobody waits for it any more. */
async function follow({ surroundings, runner, inputs, client, leave }: Step, id: string): Promise<Seen | undefined> {
  const { clock } = surroundings;
  const tail: string[] = [];
  const errors: SourceError[] = [];
  const over = new AbortController();
  const { timeoutMs } = inputs;
  if (timeoutMs !== undefined) {
    const end = () => leave.abort(new Error(`not over after ${timeoutMs / 1000} s`));
    clock.wait(timeoutMs, over.signal).then(end, () => {});
  }
  runner.beginLog(`Log of build ${id}`);
  try {
    const onLine = ({ message }: { readonly message: string }) => {
      runner.logLine(message);
      tail.push(message);
      if (tail.length > TAIL_LINES) tail.shift();
      const found = errors.length < MAX_ANNOTATIONS ? sourceError(message, inputs.folder) : undefined;
      if (found) errors.push(found);
    };
    return { status: await client.wait(id, { onLine, signal: leave.signal }), tail, errors };
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    return undefined;
  } finally {
    over.abort();
    runner.endLog();
  }
}

async function leaveBuild({ surroundings, runner, inputs, leave }: Step, id: string): Promise<number> {
  runner.error(`build ${id}: ${reasonOf(leave.signal.reason)}`, { title: 'Buildlatch' });
  const state = await endBuild(surroundings, runner, inputs, id);
  if (state !== undefined) {
    runner.output('state', state);
    runner.state('over', 'true');
  }
  return 1;
}

async function report(step: Step, { status, tail, errors }: Seen, url: string): Promise<number> {
  const { runner } = step;
  const { id, state, error_message } = status;
  const isGood = state === 'completed';
  const { queueSeconds, buildSeconds } = durations(status);
  runner.output('state', state);
  if (queueSeconds !== undefined) runner.output('queue-seconds', queueSeconds);
  if (buildSeconds !== undefined) runner.output('build-seconds', buildSeconds);
  if (isGood) runner.say(`Build ${id} completed`);
  else {
    for (const { file, line, column, message } of errors) runner.error(message, { file, line, col: column });
    runner.error(error_message ?? `build ${id} ${state}`, { title: `Build ${id} ${state}` });
  }
  const file = isGood ? await download(step, id) : undefined;
  runner.summary(stepSummary({ url, status, file, tail }));
  return isGood ? 0 : 1;
}

async function download({ surroundings, runner, inputs, client, leave }: Step, id: string) {
  if (inputs.download === undefined) return undefined;
  const output = resolve(surroundings.cwd, inputs.download);
  if (/[/\\]$/.test(inputs.download)) await mkdir(output, { recursive: true });
  const file: DownloadedFile = await client.download(id, { output, mayOverwrite: true, signal: leave.signal });
  runner.output('artifact', file.path);
  runner.output('sha256', file.sha256);
  runner.say(`Downloaded ${file.path}, ${amount(file.size)}, SHA-256 ${file.sha256}`);
  return file;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const requestId = 'requestId' in error && error.requestId ? ` (request ${error.requestId})` : '';
  return `${error.message}${requestId}`;
}
