import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scheduledEvent, startTimer } from '../../infra/local/schedule-timer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('runs soon after the start, then after each pause, and never twice at a time', async () => {
  const runs: PromiseWithResolvers<void>[] = [];
  const timer = startTimer(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  }, 60_000);
  await vi.advanceTimersByTimeAsync(14_999);
  expect(runs.length).toBe(0);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(runs.length).toBe(1);
  runs[0]?.resolve();
  await vi.advanceTimersByTimeAsync(59_999);
  expect(runs.length).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs.length).toBe(2);
  const stopped = timer.stop();
  runs[1]?.resolve();
  await stopped;
  expect(vi.getTimerCount()).toBe(0);
});

test('logs a failed run and goes on', async () => {
  const log = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  let runs = 0;
  const timer = startTimer(() => {
    runs++;
    return Promise.reject(new Error('table is away'));
  }, 1_000);
  await vi.advanceTimersByTimeAsync(3_500);
  await timer.stop();
  expect(runs).toBe(3);
  expect(String(log.mock.calls[0]?.[0])).toContain('"schedule_failed"');
});

test('makes the event of an EventBridge schedule', () => {
  expect(scheduledEvent('schedule/sweep', Date.UTC(2026, 10, 24))).toMatchObject({
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    time: '2026-11-24T00:00:00Z',
    resources: ['arn:aws:events:us-east-1:000000000000:rule/schedule-sweep'],
  });
});
