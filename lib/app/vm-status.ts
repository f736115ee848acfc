import { Rejection } from '../domain/rejection.ts';
import { decide } from '../domain/transitions.ts';
import { beatTokenOf } from './beat-token.ts';
import type { BuildStore, Clock, Secrets } from './ports.ts';

interface Deps {
  readonly builds: BuildStore;
  readonly secrets: Secrets;
  readonly clock: Clock;
}

export interface VmStatus {
  readonly ready?: { readonly beatToken: string; readonly at: number };
}

/**
 * Whether the virtual machine of the present attempt is ready. Asked without a credential, by whoever knows the build's
 * id: so of a build that is not being built, for whatever reason, the answer is the same as before the machine is ready,
 * and the token keeps the attempt alive and does nothing else.
 */
export async function vmStatus(deps: Deps, buildId: string): Promise<VmStatus> {
  const build = await deps.builds.get(buildId);
  if (!build) throw new Rejection('build_not_found', 'Build not found');
  const { vm } = build;
  if (vm?.readyAt === undefined) return {};
  const isBeing = decide(
    build,
    { type: 'heartbeat', claim: { vmTokenHash: vm.tokenHash }, leaseMs: 0 },
    deps.clock(),
  ).ok;
  return isBeing ? { ready: { beatToken: beatTokenOf(deps.secrets, vm.tokenHash), at: vm.readyAt } } : {};
}
