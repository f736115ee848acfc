import { createHash } from 'node:crypto';
import type { Signing } from '../scripting/contract.ts';
import type { FileDigest } from '../transfer/file-digest.ts';
import type { ActionInputs } from './inputs.ts';

/** They name one step of one attempt of a run, but for the legs of a matrix, which have all of them in common. */
const STEP = [
  'GITHUB_SERVER_URL',
  'GITHUB_REPOSITORY',
  'GITHUB_RUN_ID',
  'GITHUB_RUN_ATTEMPT',
  'GITHUB_JOB',
  'GITHUB_ACTION',
];

/**
 * The name of this step's submit: a runner that lost its connection and does the same attempt again does not build twice,
 * and `Re-run jobs` does. What is submitted is in it too, so that the legs of a matrix are told apart.
 */
export function runKey(
  env: NodeJS.ProcessEnv,
  inputs: ActionInputs,
  signing: Signing | undefined,
): ((source: FileDigest) => string) | undefined {
  const { platform, labels, priority, idempotencyKey } = inputs;
  const step = STEP.map((name) => env[name] ?? '');
  if (!env['GITHUB_RUN_ID']) return undefined;
  const signed = createHash('sha256');
  for (const bytes of signing ? [signing.certs, ...(signing.profiles ?? [])] : []) signed.update(bytes);
  const asked = [platform, labels, priority ?? null, idempotencyKey ?? null, signed.digest('hex')];
  return ({ sha256 }) => {
    const digest = createHash('sha256').update(JSON.stringify([step, asked, sha256]));
    return `github-${digest.digest('hex').slice(0, 40)}`;
  };
}
