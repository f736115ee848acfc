import type { ControllerEvent, History } from './history.ts';

/** Tells what the controller says, as it happens. */
export function narrate(history: History, say: (text: string) => void, total: number): void {
  let completed = 0;
  history.onController((event) => {
    if (event.event === 'build_completed') completed += 1;
    const text = describe(event, history);
    if (text !== undefined) say(event.event === 'build_completed' ? `${text} (${completed} of ${total})` : text);
  });
}

function describe({ event, buildId, attempt, workerId }: ControllerEvent, history: History): string | undefined {
  switch (event) {
    case 'build_assigned':
      return `build ${buildId} -> ${history.nameOf(workerId)}${attempt === 1 ? '' : `, attempt ${attempt}`}`;
    case 'build_completed':
      return `build ${buildId} completed by ${history.nameOf(workerId)}`;
    case 'build_requeued':
      return `*** build ${buildId} lost its worker: waiting again ***`;
    case 'build_failed':
      return `build ${buildId} FAILED`;
    default:
      return undefined;
  }
}
