import type { SQSClient } from '@aws-sdk/client-sqs';
import type { FunctionDefinition } from '../function-definition.ts';
import type { LambdaRuntime } from './lambda-runtime.ts';
import type { QueueUrls } from './provision.ts';
import { createQueuePoller, type PollLoopOptions, type QueuePoller, startPolling } from './queue-poller.ts';
import { scheduledEvent, startTimer } from './schedule-timer.ts';

export interface TriggerOptions {
  readonly functions: readonly FunctionDefinition[];
  readonly runtime: LambdaRuntime;
  readonly sqs: SQSClient;
  readonly queueUrls: QueueUrls;
  readonly clock: () => number;
  /** What else runs by the clock here, where AWS does it unasked: at intervals of its own. */
  readonly jobs: readonly Schedule[];
}

interface Schedule {
  readonly everySeconds: number;
  readonly run: () => Promise<unknown>;
}

/** Everything that starts a function and is no request. */
export interface Triggers {
  readonly schedules: readonly Schedule[];
  readonly pollers: readonly QueuePoller[];
  readonly jobs: readonly Schedule[];
  runSchedule(): Promise<void>;
  pollQueues(): Promise<number>;
}

export function createTriggers({ functions, runtime, sqs, queueUrls, clock, jobs }: TriggerOptions): Triggers {
  const schedules: Schedule[] = [];
  const pollers: QueuePoller[] = [];
  for (const { file, trigger } of functions) {
    if (trigger.kind === 'schedule') {
      const run = () => runtime.invoke(file, scheduledEvent(file, clock()));
      schedules.push({ everySeconds: trigger.everySeconds, run });
    } else if (trigger.kind === 'queue') {
      const { batchSize, queue } = trigger;
      const invoke = (event: unknown) => runtime.invoke(file, event);
      pollers.push(createQueuePoller({ client: sqs, queueUrl: queueUrls[queue], batchSize, invoke }));
    }
  }
  return {
    schedules,
    pollers,
    jobs,
    async runSchedule() {
      for (const { run } of [...schedules, ...jobs]) await run();
    },
    async pollQueues() {
      const counts = await Promise.all(pollers.map((poller) => poller.pollOnce(0)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

export function startTriggers(
  { schedules, pollers, jobs }: Triggers,
  scheduleSeconds: number | undefined,
  sleep: PollLoopOptions['sleep'],
): { stop(): Promise<void> } {
  const started = [
    ...schedules.map(({ run, everySeconds }) => startTimer(run, (scheduleSeconds ?? everySeconds) * 1000)),
    ...jobs.map(({ run, everySeconds }) => startTimer(run, everySeconds * 1000)),
    ...pollers.map((poller) => startPolling({ poller, sleep })),
  ];
  return {
    async stop() {
      await Promise.all(started.map((trigger) => trigger.stop()));
    },
  };
}
