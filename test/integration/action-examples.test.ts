import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { aRawP12, PASSWORD } from '../support/certs.ts';
import { startProgram } from '../support/cli.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { type Controller, startController } from '../support/controller.ts';
import { docExamples } from '../support/doc-examples.ts';
import { inputsOf, runnerFiles } from '../support/github-runner.ts';
import { parseYaml } from '../support/yaml.ts';

/** What the repository has at a tag, and a runner runs. */
const BUNDLE = fileURLToPath(new URL('../../action.mjs', import.meta.url));
const SLOW_MS = 120_000;

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly steps: readonly Step[];
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
}

type Values = Readonly<Record<string, string>>;

let controller: Controller;
let home: string;
let worker: ReturnType<typeof startProgram>;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'buildlatch-test-'));
  controller = await startController();
  const env = { PATH: process.env['PATH'], HOME: home };
  const own = { BUILDLATCH_URL: controller.url, BUILDLATCH_API_KEY: controller.apiKey };
  const asks = ['--platform', 'ios,android', '--label', 'release', '--label', 'fast', '--work-dir', join(home, 'mac')];
  worker = startProgram(['worker', ...asks], { env: { ...env, ...own } });
}, SLOW_MS);
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  await controller.close();
  await rm(home, { recursive: true, force: true });
});

async function runProcess(command: string, args: readonly string[], cwd: string, env: Values): Promise<string> {
  const child = spawn(command, args, { cwd, env: { PATH: process.env['PATH'], ...env } });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect({ code, out: code === 0 ? '' : out, err }).toEqual({ code: 0, out: '', err: '' });
  return out;
}

/** As a runner does it: one step after another, each seeing what those before have put out. */
async function runJob(job: Job, given: Values): Promise<Record<string, string>> {
  const project = { command: 'echo built for $BUILDLATCH_PLATFORM > out.txt', artifact: 'out.txt' };
  const files = { 'buildlatch.json': JSON.stringify(project) };
  const workspace = await temporaryFolder({ ...files, 'app/buildlatch.json': JSON.stringify(project) });
  await mkdir(join(workspace, 'out'));
  await writeFile(join(workspace, '.gitignore'), 'out/\n');
  const known: Record<string, string> = { ...given };
  const filled = (value: unknown) =>
    String(value).replaceAll(/\$\{\{ *([\w.-]+) *\}\}/g, (_whole, name: string) => {
      const found = known[name];
      if (found === undefined) throw new Error(`nothing is known of ${name}`);
      return found;
    });
  const all = (values: Readonly<Record<string, unknown>> = {}) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, filled(value)]));
  for (const step of job.steps) {
    if (step.run !== undefined) {
      await runProcess(
        'bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', '-c', filled(step.run)],
        workspace,
        all(step.env),
      );
    } else if (step.uses?.startsWith('buildlatch/')) {
      const runner = await runnerFiles({ GITHUB_WORKSPACE: workspace, GITHUB_JOB: given['job'] ?? '' });
      onTestFinished(() => runner.remove());
      const inputs = inputsOf({ ...all(step.with), url: controller.url });
      await runProcess(process.execPath, [BUNDLE], workspace, { ...runner.env, ...inputs });
      for (const [name, value] of Object.entries(await runner.outputs()))
        known[`steps.${step.id}.outputs.${name}`] = value;
    } else expect(step.uses).toMatch(/^actions\/checkout@v\d+$/);
  }
  return known;
}

const EXAMPLES = docExamples('github-action.md', 'yaml').flatMap(({ text }) => {
  const workflow = parseYaml<{ name: string; jobs: Readonly<Record<string, Job>> }>(text);
  return Object.entries(workflow.jobs).flatMap(([name, job]) => {
    const platforms = job.strategy?.matrix['platform'] ?? [''];
    return platforms.map((platform) => ({ title: `${workflow.name} ${name} ${platform}`.trim(), job, platform }));
  });
});

const STATES: Values = {
  'iOS ios': 'completed',
  'release build ios': 'completed',
  'release build android': 'completed',
  'nightly submit': 'pending',
};

it('has the examples that are expected', () => {
  expect(EXAMPLES.map(({ title }) => title)).toEqual(Object.keys(STATES));
});

it.each(EXAMPLES)(
  'the workflow “$title” works as it is written',
  async ({ title, job, platform }) => {
    const known = await runJob(job, {
      ...{ job: title, 'matrix.platform': platform, 'vars.BUILDLATCH_URL': controller.url },
      ...{ 'secrets.BUILDLATCH_API_KEY': controller.apiKey, 'secrets.P12_PASSWORD': PASSWORD },
      'secrets.P12': aRawP12().toString('base64'),
    });
    expect(known['steps.build.outputs.state']).toBe(STATES[title]);
  },
  SLOW_MS,
);
