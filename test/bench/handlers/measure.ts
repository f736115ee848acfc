import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundleForLambda } from '../../../infra/bundle.ts';
import { bundleFolder } from '../../../infra/bundle-folder.ts';
import { LOADABLE } from '../../support/loadable-environment.ts';
import { ratiosOf, type Spread, spreadOf } from '../report/statistics.ts';
import { type Revision, bundleRevision } from './revision.ts';
import { API_KEY, STEPS, type Step } from './steps.ts';
import { type Stub, startStub } from './stub.ts';
import type { TrialTask, TrialTimes } from './trial.ts';

export const BARE = 'bare';
export const NOW = 'now';

export interface Measured {
  readonly step: string;
  readonly calls: readonly string[];
  readonly variants: Readonly<Record<string, Variant>>;
}

/** One call, and against the bare calls of the same round. */
interface Variant {
  readonly wallMs: Spread;
  readonly wall: Spread;
  readonly cpu: Spread;
}

export interface HandlerSettings {
  readonly rounds: number;
  readonly calls: number;
}

/** Each handler against the calls that it makes, and against what it was at other revisions, by turns. */
export async function measureHandlers(
  settings: HandlerSettings,
  revisions: readonly Revision[],
  onStep: (step: string) => void,
): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-handlers-'));
  try {
    const dist = join(folder, NOW);
    await bundleOwn(dist);
    const others: { name: string; dist: string }[] = [];
    for (const revision of revisions) others.push(await bundleRevision(revision, folder));
    const measured: Measured[] = [];
    for (const step of STEPS) {
      onStep(step.name);
      measured.push(await measureStep(step, folder, [{ name: NOW, dist }, ...others], settings));
    }
    return measured;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundleOwn(dist: string): Promise<void> {
  const files = new Set(STEPS.map(({ file }) => file));
  await bundleForLambda(dist, [
    { in: join(import.meta.dirname, 'bare-program.ts'), out: BARE },
    ...[...files].map((file) => ({ in: `functions/${file}.ts`, out: `${bundleFolder(file, '.')}/index` })),
  ]);
}

async function measureStep(
  { name, file, event, status, answers }: Step,
  folder: string,
  dists: readonly { readonly name: string; readonly dist: string }[],
  settings: HandlerSettings,
): Promise<Measured> {
  const stub = await startStub(answers);
  try {
    const bareCalls = join(folder, 'calls.json');
    const environment = { ...environmentOf(stub), BARE_CALLS: bareCalls, BARE_STATUS: String(status) };
    const handlers = dists.map((each) => ({ name: each.name, path: join(bundleFolder(file, each.dist), 'index.mjs') }));
    const [own] = dists;
    await runProgram('capture-program.ts', [handlers[0]?.path ?? '', JSON.stringify(event), stub.url], environment);
    const calls = await stub.calls();
    await writeFile(bareCalls, JSON.stringify(calls));
    const variants = [{ name: BARE, path: join(own?.dist ?? '', `${BARE}.mjs`) }, ...handlers];
    const task: TrialTask = { variants, event, status, ...settings };
    const taskFile = join(folder, 'task.json');
    await writeFile(taskFile, JSON.stringify(task));
    const times: TrialTimes = JSON.parse(await runProgram('trial.ts', [taskFile], environment));
    return { step: name, calls: calls.map(({ operation }) => operation), variants: compared(times) };
  } finally {
    stub.stop();
  }
}

function compared(times: TrialTimes): Measured['variants'] {
  const bare = times[BARE] ?? { wall: [], cpu: [] };
  return Object.fromEntries(
    Object.entries(times).map(([name, { wall, cpu }]) => [
      name,
      {
        wallMs: spreadOf(wall),
        wall: ratiosOf(wall, bare.wall),
        cpu: ratiosOf(cpu, bare.cpu),
      },
    ]),
  );
}

export const environmentOf = ({ url }: Pick<Stub, 'url'>) => ({
  ...LOADABLE,
  CONTROLLER_API_KEY: API_KEY,
  AWS_ENDPOINT_URL: url,
  DYNAMODB_ENDPOINT: url,
  SQS_ENDPOINT: url,
  S3_ENDPOINT: url,
});

/** What it said on its standard error; what functions log on the other is nobody's. */
async function runProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const path = join(import.meta.dirname, program);
  const options = { env, maxBuffer: 256 * 1024 ** 2 };
  const { stderr } = await promisify(execFile)(process.execPath, ['--no-warnings', path, ...args], options);
  return stderr;
}
