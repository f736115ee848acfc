import { randomUUID } from 'node:crypto';
import type { ScheduledEvent } from 'aws-lambda';
import { ACCOUNT_ID } from './http-event.ts';
import { describeError, logLine } from './log-line.ts';

/** A controller that was away: its workers have had no answer for long, and are given time to ask again before theirs is taken. */
const FIRST_RUN_MS = 15_000;

/** Runs soon and then `everyMs` after each end: never two at a time. */
export function startTimer(run: () => Promise<unknown>, everyMs: number): { stop(): Promise<void> } {
  let isStopped = false;
  let current: Promise<void> | undefined;
  let timer = setTimeout(start, Math.min(everyMs, FIRST_RUN_MS));
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await current;
    },
  };

  async function tick(): Promise<void> {
    try {
      await run();
    } catch (error) {
      // The next run repairs what this one could not; that there was a failure must be seen.
      logLine('error', 'schedule_failed', { error: describeError(error) });
    }
    if (isStopped) return;
    timer = setTimeout(start, everyMs);
  }

  function start(): void {
    current = tick();
  }
}

export function scheduledEvent(file: string, nowMs: number): ScheduledEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT_ID,
    time: new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: 'us-east-1',
    resources: [`arn:aws:events:us-east-1:${ACCOUNT_ID}:rule/${file.replaceAll('/', '-')}`],
    detail: {},
  };
}
