import type { BuildEnd } from './run-build.ts';

/** Fewer could be one bad project, retried; and so many are what a controller puts up with, too. */
const MAX_IN_A_ROW = 3;
/** Nothing is built in so short a time: what fails before has not begun. */
const INSTANT_MS = 10_000;

/** A machine on which everything fails at once would empty the queue into failures: it takes itself out. */
export class Quarantine {
  #inARow = 0;
  #lastMessage = '';

  /** Of one slot or another: they share the machine. */
  note({ result, isProjectsFault, message = '' }: BuildEnd, durationMs: number): void {
    // A dropped build, or a project that cannot be built anywhere, says nothing of this machine.
    if (result === 'dropped' || result === 'given_back' || (result === 'failed' && isProjectsFault)) return;
    if (result === 'completed' || durationMs >= INSTANT_MS) {
      this.#inARow = 0;
      return;
    }
    this.#inARow += 1;
    this.#lastMessage = message;
  }

  /** Why, or nothing if the machine may work. */
  get reason(): string | undefined {
    if (this.#inARow < MAX_IN_A_ROW) return undefined;
    const last = this.#lastMessage.split('\n')[0] ?? '';
    return `${this.#inARow} builds in a row failed within ${INSTANT_MS / 1000} s, the last with: ${last}`;
  }

  /** One more try; if it fails as fast, the quarantine is back. */
  release(): void {
    this.#inARow = MAX_IN_A_ROW - 1;
  }
}

/** The machine needs somebody to look at it. */
export class Quarantined extends Error {
  override name = 'Quarantined';
}
