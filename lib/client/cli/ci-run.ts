import { createHash } from 'node:crypto';

/** Of each CI what names one run of one job: a job that is run again is a new one, a step that is repeated is not. */
const RUNS: readonly (readonly string[])[] = [
  ['GITHUB_REPOSITORY', 'GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_JOB'],
  ['CI_SERVER_URL', 'CI_PIPELINE_ID', 'CI_JOB_ID'],
  ['BUILDKITE_BUILD_ID', 'BUILDKITE_JOB_ID', 'BUILDKITE_RETRY_COUNT'],
  ['CIRCLE_WORKFLOW_JOB_ID', 'CIRCLE_NODE_INDEX'],
  ['SYSTEM_COLLECTIONURI', 'BUILD_BUILDID', 'SYSTEM_JOBID', 'SYSTEM_JOBATTEMPT'],
  ['BITBUCKET_REPO_UUID', 'BITBUCKET_BUILD_NUMBER', 'BITBUCKET_STEP_UUID', 'BITBUCKET_STEP_RUN_NUMBER'],
];

/**
 * The key under which a run of a known CI submits, or undefined elsewhere. What is submitted is in it: one job may submit
 * several sources, or one for several platforms.
 */
export function keyOfCiRun(env: NodeJS.ProcessEnv, submitted: object): string | undefined {
  const names = RUNS.find((run) => run.every((name) => env[name]));
  if (names === undefined) return undefined;
  const run = names.map((name) => `${name}=${env[name]}`);
  const digest = createHash('sha256')
    .update(JSON.stringify([run, submitted]))
    .digest('hex');
  return `ci-${digest.slice(0, 40)}`;
}
