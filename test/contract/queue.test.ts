import { beforeEach, expect, it } from 'vitest';
import { MAX_RECEIVE_COUNT } from '../../infra/queues.ts';
import type { Hint } from '../../lib/app/ports.ts';
import type { Platform } from '../../lib/domain/build.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { NOW, race, SHA } from './scene.ts';
import { onEach, type Stores } from './stores.ts';

const aHint = (platform: Platform = 'ios'): Hint => ({
  buildId: secrets.id(),
  attempt: 1,
  platform,
  submittedAt: NOW,
  sourceSize: 10,
  sourceSha256: SHA,
});

async function received({ queue }: Stores, platform: Platform = 'ios') {
  const message = await queue.receive(platform);
  if (!message) throw new Error('nothing was received');
  return message;
}

onEach('the queue', (open) => {
  beforeEach(async () => {
    const { queue } = open();
    for (let left = await queue.receive('ios'); left; left = await queue.receive('ios')) await queue.delete(left);
  });

  it('delivers what was sent, to who asks for its platform', async () => {
    const [stores, hint] = [open(), aHint('android')];
    await stores.queue.send(hint);
    expect(await stores.queue.receive('ios')).toBeUndefined();
    const message = await received(stores, 'android');
    expect(message).toMatchObject({ hint, platform: 'android', receives: 1, sentAt: expect.any(Number) });
    await stores.queue.delete(message);
  });

  it('hides a message that is being worked on, and delivers it again when that takes too long', async () => {
    const stores = open();
    await stores.queue.send(aHint());
    const first = await received(stores);
    await stores.pass(stores.visibilityMs - 1_000);
    expect(await stores.queue.receive('ios')).toBeUndefined();
    await stores.pass(1_001);
    const second = await received(stores);
    expect(second).toMatchObject({ id: first.id, receives: 2 });
    await stores.deleteAgain(first);
    await stores.pass(stores.visibilityMs + 1);
    const third = await received(stores);
    expect(third.id, 'who had it before cannot take it from who has it now').toBe(first.id);
    await stores.queue.delete(third);
  });

  it('delivers again what was given back, when it was asked to', async () => {
    const [stores, hint] = [open(), aHint()];
    await stores.queue.send(hint);
    await stores.queue.giveBack(await received(stores), 5);
    await stores.pass(4_000);
    expect(await stores.queue.receive('ios')).toBeUndefined();
    await stores.pass(1_001);
    const again = await received(stores);
    expect(again).toMatchObject({ hint, receives: 2 });
    await stores.queue.delete(again);
  });

  it('puts aside what was received too often', async () => {
    const stores = open();
    const before = await stores.deadLetters();
    await stores.queue.send(aHint());
    for (let receives = 1; receives <= MAX_RECEIVE_COUNT; receives++) {
      const message = await received(stores);
      expect(message.receives).toBe(receives);
      await stores.expire(message);
    }
    expect(await stores.deadLetters()).toBe(before);
    expect(await stores.queue.receive('ios')).toBeUndefined();
    expect(await stores.deadLetters()).toBe(before + 1);
  });

  it('delivers never again what was deleted, and bears a second deletion', async () => {
    const stores = open();
    await stores.queue.send(aHint());
    const message = await received(stores);
    await stores.queue.delete(message);
    await stores.deleteAgain(message);
    expect(await stores.queue.receive('ios')).toBeUndefined();
  });

  it('gives one message to one of eight, and each of eight messages once', async () => {
    const stores = open();
    await stores.queue.send(aHint());
    const [one] = (await race(() => stores.queue.receive('ios'))).filter((message) => message !== undefined);
    expect(one).toBeDefined();
    if (one) await stores.queue.delete(one);
    const hints = await race(async () => {
      const hint = aHint();
      await stores.queue.send(hint);
      return hint.buildId;
    });
    const messages = await race(() => received(stores));
    expect(messages.map(({ hint }) => hint?.buildId).sort()).toEqual(hints.sort());
    await Promise.all(messages.map((message) => stores.queue.delete(message)));
  });
});
