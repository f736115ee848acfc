import type { BuildState } from './build.ts';

/** As a controller tells it, which may be newer and know further types. */
interface ToldEvent {
  readonly type: string;
  readonly attempt: number;
  readonly by: string;
  readonly why?: string | undefined;
}

/** What happened, in words for people: on the command line and on the page alike. */
export function eventSentence({ type, attempt, by, why }: ToldEvent): string {
  const because = why === undefined ? '' : `: ${why.split('\n')[0]}`;
  switch (type) {
    case 'submitted':
      return why === undefined ? 'submitted' : `submitted (${why})`;
    case 'assigned':
      return `attempt ${attempt}: assigned to ${by}${why === undefined ? '' : ` (${why})`}`;
    case 'started':
      return `attempt ${attempt}: ${by} began to work`;
    case 'requeued':
      return `attempt ${attempt}: taken back by the ${by}${because}`;
    case 'given_back':
      return `attempt ${attempt}: given back by ${by}`;
    case 'retried':
      return `tried again ${why ?? ''}`.trimEnd();
    default:
      return `${attempt > 0 ? `attempt ${attempt}: ` : ''}${type} by ${by}${because}`;
  }
}

interface Standing {
  readonly state: BuildState;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly error_message: string | null;
}

/** How it stands now, behind all that happened. */
export function standingSentence({ state, attempt, max_attempts: max, error_message: error }: Standing): string {
  switch (state) {
    case 'pending':
      return attempt === 0 ? 'It waits for a worker.' : `It waits for another worker; ${attempt} attempts so far.`;
    case 'assigned':
      return `Attempt ${attempt} was handed to a worker that has not begun yet.`;
    case 'building':
      return `Attempt ${attempt} is being built.`;
    case 'completed':
      return 'It is done.';
    case 'cancelled':
      return 'It was cancelled.';
    case 'failed':
      return `It failed after ${attempt} of at most ${max} attempts: ${error?.split('\n')[0] ?? 'no reason was given'}`;
  }
}
