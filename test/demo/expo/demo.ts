import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { CLI, clientEnv } from '../command-line.ts';
import type { Controller } from '../controller.ts';
import { type CrewMember, dismiss, startCrew } from '../crew.ts';
import { perform } from '../perform.ts';
import { unpackResult } from '../results.ts';
import { DemoFailure, type Stage } from '../stage.ts';
import { submit } from '../submitters.ts';
import { layOut, seconds } from '../table.ts';
import { openExport } from './open-export.ts';
import { type ExpoProject, makeProject } from './project.ts';

const HELP = `Makes an Expo project of its template, submits it for iOS and for Android to the embedded stack, and has it built by two
workers: each installs the project's packages from npm and runs expo export, which needs no Xcode. Then downloads what came out
and opens it: the list of its files, the Hermes bytecode with the app's text in it, the assets and their hashes.
Ends with 1 if anything of it does not hold. Needs npm's registry, tar, 2 GB of disk, and some minutes.

Usage: npm run demo:expo
`;

const PLATFORMS = ['ios', 'android'] as const;
const WATCHDOG_MS = 45 * 60_000;
const ARTIFACT = 'dist.tar.gz';
/** Time and level: our own lines have a time. */
const LINE_START = /^\S+ \w+ */;
/** Compiled into the app: a mix-up of results would show. */
const COMPILED = 'EXPO_PUBLIC_BUILD_ID="$BUILDLATCH_BUILD_ID"';
const QUIET = 'EXPO_OFFLINE=1 EXPO_NO_TELEMETRY=1';
const COMMAND = [
  'npm ci --no-audit --no-fund',
  `${COMPILED} ${QUIET} npx expo export --platform "$BUILDLATCH_PLATFORM" --output-dir dist`,
  `tar -czf ${ARTIFACT} dist`,
].join(' && ');
/** Where a company has its registry and a machine its cache. */
const PASSED = ['npm_config_registry', 'npm_config_cache', 'NPM_CONFIG_REGISTRY', 'NPM_CONFIG_CACHE'];

async function exportBoth(stage: Stage, controller: Controller): Promise<string[]> {
  const startedAt = performance.now();
  const project = await makeProject(stage);
  const specs = PLATFORMS.map((platform) => ({
    name: `${platform}-worker`,
    args: ['--platform', platform, '--command', COMMAND, '--artifact', ARTIFACT, '--pass-env', ...PASSED],
  }));
  const crew = await startCrew(stage, controller, specs);
  const rows = await Promise.race([
    Promise.all(PLATFORMS.map((platform) => buildAndOpen(stage, controller, project, platform))),
    ...crew.map(leavesEarly),
  ]);
  await dismiss(crew);
  const table = layOut([['platform', 'build', 'worker', 'built in', 'program', 'assets', 'artifact SHA-256'], ...rows]);
  const took = seconds(performance.now() - startedAt);
  return ['', ...table, '', `${rows.length} of ${PLATFORMS.length} built and opened in ${took} · ${project.versions}`];
}

/** A row of the table, if all of it holds. */
async function buildAndOpen(
  stage: Stage,
  controller: Controller,
  project: ExpoProject,
  platform: string,
): Promise<string[]> {
  const { history, say } = stage;
  const { id } = await submit(stage, controller, project.folder, platform);
  say(`build ${id} submitted, for ${platform}`);
  const log = stage.children.start({
    args: [CLI, 'logs', id, '--follow'],
    env: clientEnv(controller),
    onLine: (line) => {
      const message = line.replace(LINE_START, '');
      if (message !== '') say(`${platform.padEnd(7)} | ${message}`);
    },
  });
  await Promise.all([history.untilOver([id]), log.ended]);
  const own = history.controller.filter((event) => event.buildId === id);
  if (own.some(({ event }) => event === 'build_failed'))
    throw new DemoFailure(`the build for ${platform} failed, see its log`);
  const { folder, sha256 } = await unpackResult(stage, controller, id);
  const opened = await openExport(join(folder, 'dist'), {
    platform,
    texts: [project.text, id],
    picture: project.picture,
  });
  say(`${platform}: ${opened.bundle} opened`);
  const granted = own.findLast(({ event }) => event === 'build_assigned');
  const completed = own.findLast(({ event }) => event === 'build_completed');
  return [
    platform,
    id,
    history.nameOf(granted?.workerId),
    seconds((completed?.at ?? Number.NaN) - (granted?.at ?? Number.NaN)),
    `Hermes ${opened.bytecodeVersion}, ${(opened.bytes / 1e6).toFixed(2)} MB`,
    `${opened.assets} ✓`,
    `${sha256.slice(0, 12)} ✓`,
  ];
}

async function leavesEarly({ name, child }: CrewMember): Promise<never> {
  throw new DemoFailure(`worker ${name} ended with ${(await child.ended) ?? 'a signal'} before its build was opened`);
}

const args = process.argv.slice(2);
if (args.length === 0) {
  await perform({ watchdogMs: WATCHDOG_MS, builds: PLATFORMS.length, act: exportBoth });
} else {
  process.stdout.write(HELP);
  process.exitCode = args.includes('--help') ? 0 : 2;
}
