import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pauseStore } from '../../lib/adapters/dynamo/pause-store.ts';
import type { PauseStore } from '../../lib/app/ports.ts';
import type { Pause } from '../../lib/domain/pause.ts';
import { memoryPauses } from '../model/memory-pauses.ts';
import { NOW } from '../support/builders.ts';
import { type Controller, startController } from '../support/controller.ts';
import { RECORD_DAYS } from '../support/settings.ts';
import { race } from './scene.ts';

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const onDynamo = () => {
  const { dynamo, stack } = controller;
  const kept = { pause: async () => {}, chance: () => 0.5, recordDays: RECORD_DAYS };
  return pauseStore({ client: dynamo, name: stack.table, ...kept });
};
const aPause = (changes: Partial<Pause> = {}): Pause => ({ reason: 'an update', since: NOW, by: 'root', ...changes });
const none = { platform: 'ios', past: [] };

describe.each([
  ['in memory', () => memoryPauses(new Map())],
  ['on DynamoDB', onDynamo],
])('pauses %s', (_where, make) => {
  let pauses: PauseStore;
  beforeEach(async () => {
    pauses = make();
    if (_where === 'on DynamoDB') {
      for (const platform of ['ios', 'android']) {
        const gone = { reason: undefined, since: undefined, by: undefined, past: undefined };
        await controller.tamper('QUEUES', `QUEUE#${platform}`, gone);
      }
    }
  });

  it('are none at first, and each is of one platform', async () => {
    expect(await pauses.get('ios')).toEqual(none);
    const paused = { platform: 'ios', pause: aPause(), past: [] };
    expect(await pauses.pause('ios', aPause())).toEqual(paused);
    expect(await pauses.get('ios')).toEqual(paused);
    expect(await pauses.get('android')).toEqual({ platform: 'android', past: [] });
  });

  it('the first of eight stands, and a later one changes nothing', async () => {
    const answers = await race((racer) =>
      pauses.pause('ios', aPause({ reason: `reason ${racer}`, since: NOW + racer })),
    );
    const [first] = answers;
    expect(answers).toEqual(answers.map(() => first));
    expect(await pauses.pause('ios', aPause({ reason: 'later', since: NOW + 100 }))).toEqual(first);
    expect(await pauses.get('ios')).toEqual(first);
  });

  it('ends once: of eight who end it, one writes down when it was', async () => {
    const seen = await pauses.pause('ios', aPause());
    const answers = await race((racer) => pauses.resume(seen, NOW + 1_000 + racer));
    expect(answers[0]).toEqual({ platform: 'ios', past: [{ from: NOW, to: expect.any(Number) }] });
    expect(answers).toEqual(answers.map(() => answers[0]));
  });

  it('does not end another than was seen', async () => {
    const seen = await pauses.pause('ios', aPause());
    await pauses.resume(seen, NOW + 10);
    const next = aPause({ since: NOW + 20, reason: 'again' });
    await pauses.pause('ios', next);
    const standing = { platform: 'ios', pause: next, past: [{ from: NOW, to: NOW + 10 }] };
    expect(await pauses.resume(seen, NOW + 30)).toEqual(standing);
    expect(await pauses.get('ios')).toEqual(standing);
  });
});
