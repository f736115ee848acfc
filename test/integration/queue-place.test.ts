import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Controller, startController } from '../support/controller.ts';

let controller: Controller;
beforeAll(async () => {
  controller = await startController();
});
afterAll(() => controller.close());

const placeOf = async (id: string, token: string) =>
  (await controller.request('GET', `/api/builds/${id}/queue`, { headers: { 'x-build-token': token } })).body;

it('a build’s own token tells how many are ahead, who could build it, and when it will be its turn', async () => {
  const unknown = { usual_build_ms: null, starts_in_ms: null, paused: null };
  const first = await controller.submit();
  expect(await placeOf(first.id, first.token)).toEqual({
    ...{ id: first.id, state: 'pending', ahead: 0, may_be_more: false, workers: 0 },
    ...unknown,
  });
  const worker = await controller.register();
  expect((await controller.poll(worker)).body.job.id).toBe(first.id);
  const [second, third] = [await controller.submit(), await controller.submit()];
  expect(await placeOf(third.id, third.token)).toMatchObject({ ahead: 1, workers: 1, ...unknown });
  expect(await placeOf(first.id, first.token)).toEqual({
    ...{ id: first.id, state: 'assigned', ahead: null, may_be_more: null, workers: null },
    ...unknown,
  });
  // Five that took ten minutes each, by the record.
  for (let count = 0; count < 5; count++) {
    const { id } = await controller.submit();
    const end = { state: 'completed', startedAt: Date.now() - 600_000, finishedAt: Date.now() };
    await controller.tamperBuild(id, { ...end, finishedDay: String(Math.floor(Date.now() / 86_400_000)) });
  }
  const place = await placeOf(second.id, second.token);
  expect(place).toMatchObject({ ahead: 0, usual_build_ms: 600_000 });
  expect(place.starts_in_ms).toBeGreaterThan(500_000);
  expect(place.starts_in_ms).toBeLessThanOrEqual(600_000);
});
