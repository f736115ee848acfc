import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FunctionDefinition } from '../../infra/function-definition.ts';
import { type LambdaHandler, startLambdaRuntime } from '../../infra/local/lambda-runtime.ts';

const SWEEP: FunctionDefinition = {
  file: 'schedule/sweep',
  trigger: { kind: 'schedule', everySeconds: 60 },
  timeoutSeconds: 5,
  memoryMb: 256,
  env: [],
  may: [],
};

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const runtimeOf = (handler: LambdaHandler) => startLambdaRuntime([SWEEP], async () => handler);

test('gives each invocation its own context with a real deadline', async () => {
  const seen: Context[] = [];
  const open = Promise.withResolvers<void>();
  const runtime = await runtimeOf(async (_, context) => {
    seen.push(context);
    await open.promise;
  });
  const first = runtime.invoke('schedule/sweep', {});
  await vi.advanceTimersByTimeAsync(2_000);
  const second = runtime.invoke('schedule/sweep', {});
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen.map((context) => context.getRemainingTimeInMillis())).toEqual([2_000, 4_000]);
  expect(seen[0]).toMatchObject({ functionName: 'buildlatch-local-sweep', memoryLimitInMB: '256' });
  expect(seen[0]?.awsRequestId).not.toBe(seen[1]?.awsRequestId);
  open.resolve();
  await Promise.all([first, second]);
  expect(vi.getTimerCount()).toBe(0);
});

test('gives up on a handler that has not settled in its time', async () => {
  const runtime = await runtimeOf(() => new Promise(() => {}));
  const refused = expect(runtime.invoke('schedule/sweep', {})).rejects.toMatchObject({
    name: 'FunctionTimedOut',
    message: 'Task timed out after 5.00 seconds',
  });
  await vi.advanceTimersByTimeAsync(4_999);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  await refused;
});

test('passes on what a handler throws, at once or later', async () => {
  const later = await runtimeOf(() => Promise.reject(new Error('later')));
  await expect(later.invoke('schedule/sweep', {})).rejects.toThrow('later');
  const atOnce = await runtimeOf(() => {
    throw new Error('at once');
  });
  await expect(atOnce.invoke('schedule/sweep', {})).rejects.toThrow('at once');
  await expect(atOnce.invoke('schedule/other', {})).rejects.toThrow('no function schedule/other');
});
