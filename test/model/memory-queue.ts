import { MAX_RECEIVE_COUNT, VISIBILITY_SECONDS } from '../../infra/queues.ts';
import type { BuildQueue, Clock, Hint, Message } from '../../lib/app/ports.ts';
import type { Platform } from '../../lib/domain/build.ts';

interface Copy {
  readonly id: string;
  readonly hint: Hint;
  readonly sentAt: number;
  receives: number;
  visibleAt: number;
  /** Only the latest receive may delete or give back. */
  receipt: string;
}

interface QueueWatch {
  onSend?(hint: Hint): void;
  onDelete?(hint: Hint): void;
}

/** SQS in memory: at least once, in no order that one could rely on, hidden while in flight, dead after many receives. */
export function memoryQueue(clock: Clock, watch: QueueWatch = {}) {
  const copies: Copy[] = [];
  const deadLetters: Hint[] = [];
  /** So often the next receives leave the message in the queue as well. */
  const faults = { duplicates: 0 };
  let drawn = 0;

  function take(platform: Platform): Copy | undefined {
    const now = clock();
    const found = copies.find(({ hint, visibleAt }) => hint.platform === platform && visibleAt <= now);
    if (!found || found.receives < MAX_RECEIVE_COUNT) return found;
    copies.splice(copies.indexOf(found), 1);
    deadLetters.push(found.hint);
    return take(platform);
  }

  const queue: BuildQueue = {
    send: async (hint) => {
      watch.onSend?.(hint);
      const now = clock();
      copies.push({ id: `message-${++drawn}`, hint, sentAt: now, receives: 0, visibleAt: now, receipt: '' });
    },
    receive: async (platform): Promise<Message | undefined> => {
      const copy = take(platform);
      if (!copy) return undefined;
      if (faults.duplicates > 0) {
        faults.duplicates -= 1;
        copies.push({ ...copy });
      }
      copy.receives += 1;
      copy.visibleAt = clock() + VISIBILITY_SECONDS * 1000;
      copy.receipt = `receipt-${++drawn}`;
      const { id, hint, receipt, receives, sentAt } = copy;
      return { id, hint, receipt, receives, sentAt, platform };
    },
    delete: async ({ receipt }) => {
      const index = copies.findIndex((copy) => copy.receipt === receipt);
      const [deleted] = index < 0 ? [] : copies.splice(index, 1);
      if (deleted) watch.onDelete?.(deleted.hint);
    },
    giveBack: async ({ receipt }, seconds) => {
      const copy = copies.find((one) => one.receipt === receipt);
      if (copy) copy.visibleAt = clock() + seconds * 1000;
    },
  };
  return { queue, copies, deadLetters, faults };
}
