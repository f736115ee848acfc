import type { Job } from '../answers.ts';

/** The controller's key opens every build of the project: no build may see it, nor any other setting of the worker. */
const SECRETS = /^BUILDLATCH_|^CONTROLLER_API_KEY$/;

export function buildEnvironment(
  inherited: NodeJS.ProcessEnv,
  job: Job,
  signing: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const kept = Object.entries(inherited).filter(([name]) => !SECRETS.test(name));
  return {
    ...Object.fromEntries(kept),
    CI: '1',
    BUILDLATCH_BUILD_ID: job.id,
    BUILDLATCH_ATTEMPT: String(job.attempt),
    BUILDLATCH_PLATFORM: job.platform,
    ...signing,
  };
}
