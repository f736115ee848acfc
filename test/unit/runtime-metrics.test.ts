import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../lib/runtime/deadline.ts';
import { log } from '../../lib/runtime/log.ts';
import { loggedEvents } from '../support/quiet.ts';

const refused = {
  event: 'assignment_refused',
  buildId: 'b',
  attempt: 1,
  workerId: 'w',
  reason: 'worker_busy',
} as const;

describe('a logged event', () => {
  it('is counted by CloudWatch where a namespace is given, by all and by its reason', () => {
    log(refused, 'buildlatch-test');
    expect(loggedEvents()).toEqual([
      {
        ...refused,
        time: expect.any(String),
        level: 'info',
        Refusals: 1,
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: 'buildlatch-test',
              Dimensions: [[], ['reason']],
              Metrics: [{ Name: 'Refusals', Unit: 'Count' }],
            },
          ],
        },
      },
    ]);
  });

  it('is only a line where none is given', () => {
    log(refused);
    expect(loggedEvents()).toEqual([{ ...refused, time: expect.any(String), level: 'info' }]);
  });

  it('tells how long an assigned build had waited', () => {
    const event = 'build_assigned';
    log({ event, buildId: 'b', attempt: 1, workerId: 'w', assignmentId: 'a', waitedMs: 1234 }, 'buildlatch-test');
    expect(loggedEvents(event)).toMatchObject([{ Assignments: 1, PickupLatency: 1234 }]);
  });

  it('bears the id of the request in which it happened', async () => {
    await withDeadline(new AbortController().signal, async () => log(refused), 'request-1');
    log(refused);
    expect(loggedEvents().map(({ requestId }) => requestId)).toEqual(['request-1', undefined]);
  });
});
