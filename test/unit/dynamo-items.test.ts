import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBuildItem, toBuildItem } from '../../lib/adapters/dynamo/build-item.ts';
import { expiresAt, finishedDay, listedAt, logKey, recordExpiresAt } from '../../lib/adapters/dynamo/keys.ts';
import { fromWorkerItem, toWorkerItem } from '../../lib/adapters/dynamo/worker-store.ts';
import { PLATFORMS } from '../../lib/domain/build.ts';
import { Rejection } from '../../lib/domain/rejection.ts';
import type { Worker } from '../../lib/domain/worker.ts';
import { aBuild, aHolder, aResult, aWorker, NOW, SHA } from '../support/builders.ts';

const written = (item: object) => marshall(item, { removeUndefinedValues: true });
const count = fc.nat();
const word = fc.string({ minLength: 1 });
const file = fc.record({ key: word, size: count, sha256: word });

const KEPT = { recordDays: 31 };

describe('the item of a build', () => {
  it('is read as what was written', () => {
    const build = fc.record(
      {
        id: word,
        platform: fc.constantFrom(...PLATFORMS),
        state: fc.constant('pending' as const),
        attempt: count,
        submittedAt: count,
        queuedAt: count,
        spentAttempts: count,
        sends: count,
        tokenHashes: fc.array(word),
        source: file,
      },
      {
        requiredKeys: [
          'id',
          'platform',
          'state',
          'attempt',
          'submittedAt',
          'queuedAt',
          'spentAttempts',
          'sends',
          'tokenHashes',
        ],
      },
    );
    fc.assert(
      fc.property(build, (whole) => {
        expect(fromBuildItem(written(toBuildItem(whole)))).toEqual(whole);
      }),
    );
  });

  it('is read with everything that later changes add, and without what they do not know', () => {
    const item = {
      ...toBuildItem(aBuild('completed')),
      workerId: 'worker-1',
      workerName: 'mac mini',
      assignmentId: 'assignment-1',
      workerTokenHash: 'hash-of-worker-1',
      startedAt: NOW - 30_000,
      finishedAt: NOW - 10_000,
      resultKey: aResult().key,
      resultSize: 20,
      resultSha256: SHA,
      resultFilename: 'build-1.ipa',
      otpHash: 'x',
      vmReadyAt: NOW,
      logBatches: 7,
      ofALaterVersion: true,
    };
    expect(fromBuildItem(written(item))).toEqual(aBuild('completed'));
    const failed = {
      ...item,
      state: 'failed',
      resultKey: undefined,
      failureKind: 'build',
      failureMessage: 'xcodebuild: 65',
    };
    expect(fromBuildItem(written(failed))).toEqual(aBuild('failed'));
  });

  it('of an old deployment, without the count of sends, was never sent', () => {
    const { sends: _none, ...item } = toBuildItem(aBuild());
    expect(fromBuildItem(written(item)).sends).toBe(0);
  });

  it('takes half a file, or half a holder, for none', () => {
    const whole = toBuildItem(aBuild());
    for (const field of ['sourceKey', 'sourceSize', 'sourceSha256'] as const) {
      expect(fromBuildItem(written({ ...whole, [field]: undefined }))).not.toHaveProperty('source');
    }
    expect(fromBuildItem(written({ ...whole, workerId: 'w' }))).not.toHaveProperty('holder');
    const { tokenHash: _unknown, ...holder } = aHolder();
    const item = {
      ...whole,
      workerId: holder.workerId,
      workerName: holder.workerName,
      assignmentId: holder.assignmentId,
    };
    expect(fromBuildItem(written(item)).holder).toEqual(holder);
  });

  it.each<[string, object]>([
    ['state', { state: 'pausing' }],
    ['platform', { platform: 'windows' }],
    ['attempt', { attempt: -1 }],
    ['attempt', { attempt: '1' }],
    ['attempt', { attempt: undefined }],
    ['tokenHashes', { tokenHashes: 'secret-hash' }],
    ['id', { id: '' }],
    ['failureKind', { failureKind: 'boredom' }],
    ['leaseUntil', { leaseUntil: 1.5 }],
  ])('that cannot be read says so by the name of its %s, not its value', (field, change) => {
    const item = written({ ...toBuildItem(aBuild()), ...change });
    expect(() => fromBuildItem(item)).toThrow(Rejection);
    expect(() => fromBuildItem(item)).toThrow(`The record BUILD#build-1 cannot be read: ${field}`);
    expect(() => fromBuildItem(item)).not.toThrow(/secret-hash|windows|boredom/);
  });

  it('is found under its keys, newest last, and leaves after its days', () => {
    expect(toBuildItem(aBuild())).toMatchObject({ pk: 'BUILD#build-1', sk: 'BUILD', listPartition: 'builds#0' });
    const places = [5, 999_999_999_999, 1_000_000_000_000].map((ms) => listedAt(ms, 'x'));
    expect([...places].sort()).toEqual(places);
    const batches = [1, 9, 10, 99_999_999].map((sequence) => logKey('build-1', sequence).sk);
    expect([...batches].sort()).toEqual(batches);
    expect(expiresAt(NOW, 90)).toBe(NOW / 1000 + 90 * 86_400);
    expect(recordExpiresAt(KEPT, NOW)).toBe(NOW / 1000 + 31 * 86_400);
    expect(() => recordExpiresAt({ recordDays: undefined }, NOW)).toThrow('must declare RECORD_DAYS');
    expect([finishedDay(0), finishedDay(86_399_999), finishedDay(86_400_000)]).toEqual(['0', '0', '1']);
  });
});

describe('the item of a worker', () => {
  it('is read as what was written', () => {
    const token = fc.record({ hash: word, expiresAt: count });
    const worker: fc.Arbitrary<Worker> = fc.record(
      {
        id: word,
        name: fc.string(),
        platforms: fc.subarray([...PLATFORMS]),
        epoch: count,
        registeredAt: count,
        lastSeenAt: count,
        token,
        previousToken: token,
        current: fc.record({ buildId: word, attempt: count }),
        releasedAt: count,
        strikes: count,
        isDraining: fc.boolean(),
        completedBuilds: count,
        failedBuilds: count,
      },
      {
        requiredKeys: [
          'id',
          'name',
          'platforms',
          'epoch',
          'registeredAt',
          'lastSeenAt',
          'strikes',
          'isDraining',
          'token',
          'completedBuilds',
          'failedBuilds',
        ],
      },
    );
    fc.assert(
      fc.property(worker, (whole) => {
        expect(fromWorkerItem(written(toWorkerItem(KEPT, whole)))).toEqual(whole);
      }),
    );
  });

  it('holds of a token its hash only', () => {
    const item = unmarshall(written(toWorkerItem(KEPT, aWorker())));
    expect(item).toMatchObject({ pk: 'WORKER#worker-1', sk: 'WORKER', tokenHash: 'hash-of-worker-1' });
    expect(item).not.toHaveProperty('token');
  });
});
