import { expect, it } from 'vitest';
import { keyOfCiRun } from '../../lib/client/cli/ci-run.ts';

const GITHUB = { GITHUB_REPOSITORY: 'a/b', GITHUB_RUN_ID: '1', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'ios' };
const submitted = { platform: 'ios', sha256: 'a' };

it('a step that is repeated submits under the same key', () => {
  expect(keyOfCiRun(GITHUB, submitted)).toMatch(/^ci-[0-9a-f]{40}$/);
  expect(keyOfCiRun({ ...GITHUB }, { ...submitted })).toBe(keyOfCiRun(GITHUB, submitted));
});

it('another run, attempt, job, source or platform is another submit', () => {
  const keys = [
    keyOfCiRun(GITHUB, submitted),
    ...Object.keys(GITHUB).map((name) => keyOfCiRun({ ...GITHUB, [name]: 'other' }, submitted)),
    keyOfCiRun(GITHUB, { ...submitted, sha256: 'b' }),
    keyOfCiRun(GITHUB, { ...submitted, platform: 'android' }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

it.each<[string, NodeJS.ProcessEnv]>([
  ['GitLab', { CI_SERVER_URL: 'https://x', CI_PIPELINE_ID: '1', CI_JOB_ID: '2' }],
  ['Buildkite', { BUILDKITE_BUILD_ID: 'b', BUILDKITE_JOB_ID: 'j', BUILDKITE_RETRY_COUNT: '0' }],
  ['CircleCI', { CIRCLE_WORKFLOW_JOB_ID: 'j', CIRCLE_NODE_INDEX: '0' }],
  ['Azure', { SYSTEM_COLLECTIONURI: 'u', BUILD_BUILDID: '1', SYSTEM_JOBID: 'j', SYSTEM_JOBATTEMPT: '1' }],
  [
    'Bitbucket',
    {
      BITBUCKET_REPO_UUID: 'r',
      BITBUCKET_BUILD_NUMBER: '1',
      BITBUCKET_STEP_UUID: 's',
      BITBUCKET_STEP_RUN_NUMBER: '1',
    },
  ],
])('a job of %s has a key, and with half of what names it there is none', (_ci, env) => {
  expect(keyOfCiRun(env, submitted)).toBeDefined();
  for (const name of Object.keys(env)) expect(keyOfCiRun({ ...env, [name]: '' }, submitted)).toBeUndefined();
});

it('elsewhere there is none: each submit is meant', () => {
  expect(keyOfCiRun({ CI: 'true' }, submitted)).toBeUndefined();
});
