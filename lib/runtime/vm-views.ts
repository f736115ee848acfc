import type { VmStatus } from '../app/vm-status.ts';
import type { Sample } from '../domain/telemetry.ts';

/** `vm_token` is the old name: what is given here is the token for signs of life alone. */
export function vmStatusView({ ready }: VmStatus) {
  if (!ready) return { vm_ready: false };
  return { vm_ready: true, vm_token: ready.beatToken, vm_ready_at: new Date(ready.at).toISOString() };
}

/** One sample for each minute in which there was one. */
export function metricsView(buildId: string, samples: readonly Sample[]) {
  const points = samples.map(({ at, cpuPercent, memoryMb, stage }) => ({
    time: at,
    cpu_percent: cpuPercent,
    memory_mb: memoryMb ?? null,
    stage: stage ?? null,
  }));
  return { build_id: buildId, samples: points };
}
