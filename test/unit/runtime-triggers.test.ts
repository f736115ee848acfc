import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { Rejection } from '../../lib/domain/rejection.ts';
import { log } from '../../lib/runtime/log.ts';
import { queue } from '../../lib/runtime/queue.ts';
import { remembered } from '../../lib/runtime/remembered.ts';
import { schedule } from '../../lib/runtime/schedule.ts';
import { aContext, NOW } from '../support/builders.ts';
import { loggedEvents } from '../support/quiet.ts';

function batchOf(...bodies: string[]): SQSEvent {
  const attributes = {
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: 'x',
    ApproximateFirstReceiveTimestamp: '0',
  };
  const common = {
    receiptHandle: 'x',
    attributes,
    messageAttributes: {},
    md5OfBody: 'x',
    eventSource: 'aws:sqs',
    eventSourceARN: 'x',
    awsRegion: 'x',
  };
  return { Records: bodies.map((body) => ({ ...common, messageId: `id-of-${body}`, body })) };
}

describe('a queue’s consumer', () => {
  const failures: Record<string, Error> = {
    final: new Rejection('already_finished', 'too late'),
    contended: new Rejection('contended', 'try again'),
    unavailable: new Rejection('unavailable', 'try again'),
    broken: new Error('a bug'),
  };
  const consume = queue(
    (body) => (body.startsWith('malformed') ? undefined : body),
    async (body) => {
      const failure = failures[body];
      if (failure) throw failure;
    },
  );

  it('hands back exactly the records that may succeed later', async () => {
    const event = batchOf('good', 'final', 'contended', 'malformed secret', 'broken', 'unavailable', 'good too');
    expect(await consume(event, aContext())).toEqual({
      batchItemFailures: ['contended', 'broken', 'unavailable'].map((body) => ({ itemIdentifier: `id-of-${body}` })),
    });
  });

  it('logs a malformed record once, by its id, without its content', async () => {
    await consume(
      { Records: batchOf('malformed secret').Records.map((record) => ({ ...record, messageId: 'message-7' })) },
      aContext(),
    );
    expect(loggedEvents()).toEqual([
      {
        time: expect.any(String),
        level: 'error',
        event: 'record_malformed',
        requestId: expect.any(String),
        messageId: 'message-7',
      },
    ]);
  });
});

describe('a scheduled function', () => {
  it('is told its time, and lets errors through, so that Lambda counts them', async () => {
    const budgets: number[] = [];
    const event = {
      version: '0',
      id: 'x',
      account: 'x',
      time: 'x',
      region: 'x',
      resources: [],
      source: 'x',
      'detail-type': 'Scheduled Event',
      detail: {},
    } as const;
    await schedule(async (budgetMs) => void budgets.push(budgetMs))({ ...event, resources: [] }, aContext(50_000));
    expect(budgets).toEqual([45_000]);
    const failing = schedule(async () => {
      throw new Error('a bug');
    });
    await expect(failing({ ...event, resources: [] }, aContext())).rejects.toThrow('a bug');
  });
});

describe('the log', () => {
  it('is one line of JSON for each event, with its level', () => {
    log({ event: 'build_assigned', buildId: 'b', attempt: 1, workerId: 'w', assignmentId: 'a', waitedMs: 5 });
    log({ event: 'build_requeued', buildId: 'b', attempt: 1, workerId: 'w' });
    log({ event: 'repair_failed', buildId: 'b', error: new Error('x') });
    expect(loggedEvents().map(({ event, level }) => [event, level])).toEqual([
      ['build_assigned', 'info'],
      ['build_requeued', 'warn'],
      ['repair_failed', 'error'],
    ]);
    expect(Object.keys(loggedEvents()[0] ?? {})).toEqual([
      'time',
      'level',
      'event',
      'buildId',
      'attempt',
      'workerId',
      'assignmentId',
      'waitedMs',
    ]);
  });

  it('has the stack of the unexpected, and of the expected the sentence', () => {
    log({
      event: 'repair_failed',
      buildId: 'b',
      error: new Error('a bug', { cause: new Rejection('contended', 'again') }),
    });
    log({ event: 'repair_failed', buildId: 'b', error: Object.assign(new Error('slow'), { name: 'TimeoutError' }) });
    expect(loggedEvents('repair_failed').map(({ error }) => error)).toEqual([
      {
        name: 'Error',
        message: 'a bug',
        stack: expect.stringContaining('runtime-triggers'),
        cause: { name: 'Rejection', message: 'again' },
      },
      { name: 'TimeoutError', message: 'slow' },
    ]);
  });
});

describe('what is remembered', () => {
  it('is read once while it is fresh, by all who ask at once, and a failure is not kept', async () => {
    let [now, reads] = [NOW, 0];
    const read = remembered(
      async () => {
        reads += 1;
        if (reads === 2) throw new Error('once');
        return reads;
      },
      10_000,
      () => now,
    );
    expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
    now += 9_999;
    expect(await read()).toBe(1);
    now += 1;
    await expect(read()).rejects.toThrow('once');
    expect(await read()).toBe(3);
  });
});
