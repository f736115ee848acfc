import type { Controller } from './controller.ts';
import { dismiss, startCrew } from './crew.ts';
import { gatherEvidence } from './evidence.ts';
import { perform } from './perform.ts';
import { verifyResults } from './results.ts';
import { killOneWorker } from './sabotage.ts';
import type { Stage } from './stage.ts';
import { submitAll } from './submitters.ts';
import { resultTable, verdict } from './verdict.ts';

const PIPELINES = 4;
const BUILDS_EACH = 3;
const WORKERS = 5;

/** Real processes and real builds; one worker dies in the middle of one. Answers the closing lines. */
async function buildEverything(stage: Stage, controller: Controller): Promise<string[]> {
  const { history, say } = stage;
  const specs = Array.from({ length: WORKERS }, (_, index) => ({
    name: `mac-${index + 1}`,
    args: ['--platform', 'ios'],
  }));
  const crew = await startCrew(stage, controller, specs);
  const [builds, victim] = await Promise.all([
    submitAll(stage, controller, PIPELINES, BUILDS_EACH),
    killOneWorker(stage, controller, crew),
  ]);
  await history.untilOver(builds.map(({ id }) => id));
  say('all builds are over; downloading and verifying every result');
  const results = await verifyResults(
    stage,
    controller,
    builds.map(({ id }) => id),
  );
  await dismiss(crew.filter(({ name }) => name !== victim.name));
  const evidence = builds.map(({ id, submitted_at }) => gatherEvidence(history, id, submitted_at, victim));
  const judged = { evidence, results, victim };
  return ['', ...resultTable(judged), '', verdict(judged)];
}

await perform({
  watchdogMs: 85_000,
  builds: PIPELINES * BUILDS_EACH,
  // Leases short enough to watch one run out.
  settings: { FIRST_LEASE_SECONDS: '8', LEASE_SECONDS: '8', SCHEDULE_SECONDS: '2' },
  act: buildEverything,
});
