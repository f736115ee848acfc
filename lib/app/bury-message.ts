import type { BuildStore, Clock, Hint, Report } from './ports.ts';

/** A message that nobody could use was put aside: its build, if it still waits at that attempt, has failed. */
export async function buryMessage(
  deps: { readonly builds: BuildStore; readonly clock: Clock; readonly report: Report },
  hint: Pick<Hint, 'buildId' | 'attempt'>,
): Promise<void> {
  const failure = { kind: 'undeliverable', message: 'The build could not be delivered to any worker' } as const;
  if (await deps.builds.reject({ id: hint.buildId, attempt: hint.attempt }, failure, deps.clock())) {
    deps.report({ event: 'build_failed', buildId: hint.buildId, attempt: hint.attempt, kind: 'undeliverable' });
  }
}
