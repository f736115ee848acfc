import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyStore } from '../../lib/adapters/dynamo/key-store.ts';
import type { KeyStore } from '../../lib/app/ports.ts';
import { secrets } from '../../lib/runtime/secrets.ts';
import { aKey, NOW } from '../support/builders.ts';
import { type Controller, startController } from '../support/controller.ts';
import { RECORD_DAYS } from '../support/settings.ts';
import { race } from './scene.ts';

let controller: Controller;
let keys: KeyStore;
beforeAll(async () => {
  controller = await startController();
  const { dynamo, stack } = controller;
  keys = keyStore({
    client: dynamo,
    name: stack.table,
    pause: async () => {},
    chance: () => 0.5,
    recordDays: RECORD_DAYS,
  });
});
afterAll(() => controller.close());

const newKey = (changes = {}) => aKey({ id: secrets.id(), ...changes });
const itemOf = (id: string) => controller.item('KEYS', `KEY#${id}`);

describe('the key store', () => {
  it('stores what it was given', async () => {
    const [plain, whole] = [newKey(), newKey({ expiresAt: NOW, revokedAt: NOW, revokedBy: 'root' })];
    for (const key of [plain, whole]) {
      await keys.create(key);
      expect(await keys.get(key.id)).toEqual(key);
    }
    expect(await keys.get('nobody')).toBeUndefined();
  });

  it('lists all keys, the newest first, and nothing else of the table', async () => {
    await controller.submit();
    const [older, newer] = [newKey({ createdAt: NOW + 1 }), newKey({ createdAt: NOW + 2 })];
    for (const key of [newer, older]) await keys.create(key);
    expect((await keys.list()).slice(0, 2)).toEqual([newer, older]);
    expect((await keys.list()).every(({ id, hash }) => id && hash)).toBe(true);
  });

  it('revokes once: of eight, and of a later one, the first stands', async () => {
    const key = newKey();
    await keys.create(key);
    const answers = await race((index) => keys.revoke(key.id, `by-${index}`, NOW + index));
    const [first] = answers;
    expect(first).toMatchObject({ revokedBy: expect.any(String) });
    expect(answers).toEqual(answers.map(() => first));
    expect(await keys.revoke(key.id, 'later', NOW + 1000)).toEqual(first);
    expect(await keys.get(key.id)).toEqual(first);
  });

  it('makes no key by revoking one that is not there', async () => {
    const id = secrets.id();
    expect(await keys.revoke(id, 'root', NOW)).toBeUndefined();
    expect(await itemOf(id)).toBeUndefined();
  });

  it('forgets dead keys ninety days after their end, and none that is good', async () => {
    const [good, ending] = [newKey(), newKey({ expiresAt: NOW })];
    for (const key of [good, ending]) await keys.create(key);
    const later = (NOW + 90 * 86_400_000) / 1000;
    expect([(await itemOf(good.id)).expiresAt, (await itemOf(ending.id)).expiresAt]).toEqual([undefined, later]);
    await keys.revoke(good.id, 'root', NOW);
    expect((await itemOf(good.id)).expiresAt).toBe(later);
  });
});
