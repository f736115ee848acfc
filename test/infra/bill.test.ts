import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alarms } from '../../infra/alarms.ts';
import { ALARMS, logsPer1000Builds, per1000Builds, perIdleWorkerMonth, perMonthAtRest } from './bill.ts';

const manual = readFileSync(join(import.meta.dirname, '../../docs/deploy.md'), 'utf8');

/** The figure in the last column of the row that begins so. */
const figure = (row: string) => new RegExp(`^\\| ${row}.*\\| (\\d+\\.\\d\\d) \\|$`, 'm').exec(manual)?.[1];

describe('the cost that the manual names', () => {
  it.each([
    ['a month at rest', perMonthAtRest()],
    ['a month of one worker', perIdleWorkerMonth()],
    ['1,000 builds of ten minutes', per1000Builds()],
    ['logs of the functions', logsPer1000Builds()],
  ])('of %s is what the calls and prices come to', (row, cost) => expect(figure(row)).toBe(cost.toFixed(2)));

  it('stays within what the design allows', () => {
    expect(per1000Builds()).toBeLessThanOrEqual(0.3);
    expect(perIdleWorkerMonth()).toBeLessThanOrEqual(0.17);
  });

  it('counts the alarms that are there', () => expect(ALARMS).toBe(Object.keys(alarms('test')).length));
});
