import { expect, it } from 'vitest';
import { sendGenerated } from './send-generated.ts';

const RUNS = 5_000;

it('5,000 requests that nobody thought of are never answered by a 5xx; refused ones in one form, and nothing is written', async () => {
  const { statuses } = await sendGenerated(RUNS);
  // Else the generator would have gone blind: some must get through, and be refused for each kind of reason.
  for (const status of [200, 400, 401, 403, 404, 409])
    expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(5);
}, 120_000);
