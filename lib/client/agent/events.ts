import type { StopReason } from './build-stopped.ts';

interface OfBuild {
  readonly build_id: string;
  readonly attempt: number;
}

export type AgentEvent =
  | { readonly event: 'registered'; readonly worker_id: string; readonly name: string }
  | { readonly event: 'controller_unreachable'; readonly reason: string; readonly retry_ms: number }
  | ({ readonly event: 'build_received'; readonly platform: string } & OfBuild)
  | ({ readonly event: 'command_started'; readonly pid: number } & OfBuild)
  | ({ readonly event: 'command_ended'; readonly exit_code: number | null; readonly duration_ms: number } & OfBuild)
  | ({
      readonly event: 'artifact_built';
      readonly filename: string;
      readonly size: number;
      readonly sha256: string;
    } & OfBuild)
  | ({ readonly event: 'build_reported'; readonly success: boolean; readonly error_message: string | null } & OfBuild)
  | ({ readonly event: 'lease_in_doubt' } & OfBuild)
  | ({ readonly event: 'build_given_back' } & OfBuild)
  | ({ readonly event: 'build_dropped'; readonly reason: StopReason } & OfBuild)
  | { readonly event: 'folder_kept'; readonly folder: string; readonly reason: string }
  | {
      readonly event: 'disk_low';
      readonly folder: string;
      readonly free_bytes: number;
      readonly needed_bytes: number;
    }
  | { readonly event: 'quarantined'; readonly reason: string; readonly retry_ms: number | null }
  | { readonly event: 'goodbye_failed'; readonly reason: string }
  | { readonly event: 'draining' }
  | { readonly event: 'stopped' };

export type Emit = (event: AgentEvent) => void;

/** One line for people. */
export function describeEvent(event: AgentEvent): string {
  const build = 'build_id' in event ? `Build ${event.build_id} (attempt ${event.attempt})` : '';
  switch (event.event) {
    case 'registered':
      return `Registered as ${event.name} (${event.worker_id}), waiting for builds`;
    case 'controller_unreachable':
      return `${event.reason}; next try in ${Math.ceil(event.retry_ms / 1000)} s`;
    case 'build_received':
      return `${build}: received, for ${event.platform}`;
    case 'command_started':
      return `${build}: command running, process ${event.pid}`;
    case 'command_ended':
      return `${build}: command ended with ${event.exit_code ?? 'a signal'} after ${Math.round(event.duration_ms / 1000)} s`;
    case 'artifact_built':
      return `${build}: built ${event.filename}, ${event.size} bytes, SHA-256 ${event.sha256}`;
    case 'build_reported':
      return `${build}: ${event.success ? 'completed' : `failed: ${event.error_message?.split('\n')[0] ?? ''}`}`;
    case 'lease_in_doubt':
      return `${build}: the controller cannot be reached and the lease has run out; the build goes on, its result waits`;
    case 'build_given_back':
      return `${build}: given back, for another worker`;
    case 'build_dropped':
      return `${build}: dropped, ${event.reason.replaceAll('_', ' ')}`;
    case 'folder_kept':
      return `Could not remove ${event.folder}: ${event.reason}`;
    case 'disk_low':
      return `${inGB(event.free_bytes)} free in ${event.folder}, ${inGB(event.needed_bytes)} needed: no builds until there is room`;
    case 'quarantined':
      return `${event.reason}. ${event.retry_ms === null ? 'Leaving' : `No builds for ${Math.ceil(event.retry_ms / 60_000)} min`}`;
    case 'goodbye_failed':
      return `The controller could not be told that this worker leaves: ${event.reason}`;
    case 'draining':
      return 'Leaving after the current build; once more gives the build back';
    case 'stopped':
      return 'Stopped';
  }
}

function inGB(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}
