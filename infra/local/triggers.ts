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
}

interface Schedule {
  readonly everySeconds: number;
  readonly run: () => Promise<unknown>;
}

/** Everything that starts a function and is no request. */
export interface Triggers {
  readonly schedules: readonly Schedule[];
  readonly pollers: readonly QueuePoller[];
  runSchedule(): Promise<void>;
  pollQueues(): Promise<number>;
}

export function createTriggers({ functions, runtime, sqs, queueUrls, clock }: TriggerOptions): Triggers {
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
    async runSchedule() {
      for (const { run } of schedules) await run();
    },
    async pollQueues() {
      const counts = await Promise.all(pollers.map((poller) => poller.pollOnce(0)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

export function startTriggers(
  { schedules, pollers }: Triggers,
  scheduleSeconds: number | undefined,
  sleep: PollLoopOptions['sleep'],
): { stop(): Promise<void> } {
  const started = [
    ...schedules.map(({ run, everySeconds }) => startTimer(run, (scheduleSeconds ?? everySeconds) * 1000)),
    ...pollers.map((poller) => startPolling({ poller, sleep })),
  ];
  return {
    async stop() {
      await Promise.all(started.map((trigger) => trigger.stop()));
    },
  };
}
