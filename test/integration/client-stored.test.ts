import { expect, it, onTestFinished } from 'vitest';
import { ApiError } from '../../lib/client/api-error.ts';
import { clientIn } from '../../lib/client/scripting/client-in.ts';
import { instantClock } from '../support/client-clock.ts';
import { refused } from '../support/client-fake-build.ts';
import { startFakeController } from '../support/client-fake-controller.ts';
import { temporaryFolder } from '../support/client-folder.ts';
import { serveSubmit } from '../support/fake-submit.ts';

const UPLOADS = 'POST /api/uploads';
const SUBMIT = 'POST /api/builds';

/** A controller that says that it has every source, and takes what is sent all the same. */
async function startStored() {
  const fake = await startFakeController();
  onTestFinished(() => fake.close());
  serveSubmit(fake);
  const take = fake.route(UPLOADS);
  const stored = { upload_id: 'u0', is_stored: true };
  fake.on(UPLOADS, (seen) => (seen.json['reuse'] === 'now' ? { body: stored } : (take?.(seen) ?? {})));
  const client = clientIn({ clock: instantClock(), random: () => 0 }, { url: fake.url, apiKey: 'k' });
  const source = await temporaryFolder({ a: 'a' });
  return { fake, submit: () => client.submit({ source, platform: 'ios' }) };
}

it('a source that the controller has is not sent', async () => {
  const { fake, submit } = await startStored();
  expect((await submit()).id).toBe('b1');
  expect(fake.seen('PUT /store')).toEqual([]);
  expect(fake.seen(SUBMIT).map(({ json }) => json['upload_id'])).toEqual(['u0']);
});

it('one that had reached the end of its days when it was submitted is sent after all', async () => {
  const { fake, submit } = await startStored();
  const take = fake.route(SUBMIT);
  fake.on(SUBMIT, (seen) => (seen.json['upload_id'] === 'u0' ? refused(400, 'upload_missing') : (take?.(seen) ?? {})));
  expect((await submit()).id).toBe('b1');
  expect(fake.seen('PUT /store')).toHaveLength(1);
  expect(fake.seen(SUBMIT).map(({ json }) => json['upload_id'])).toEqual(['u0', 'u1']);
});

it('what the controller refuses for another reason is not sent twice', async () => {
  const { fake, submit } = await startStored();
  fake.on(SUBMIT, () => refused(409, 'repeated_differently'));
  await expect(submit()).rejects.toThrow(ApiError);
  expect(fake.seen('PUT /store')).toEqual([]);
  expect(fake.seen(SUBMIT)).toHaveLength(1);
});
