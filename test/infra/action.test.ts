import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bundleAction } from '../../infra/bundle.ts';
import { checkedInAction } from '../../infra/bundle-action.ts';
import { INPUTS } from '../../lib/client/action/inputs.ts';
import { declaredAction } from '../support/github-runner.ts';

const DOCUMENT = readFileSync(new URL('../../docs/github-action.md', import.meta.url), 'utf8');

it('the bundle of the action is checked in as it is made', async () => {
  const isSame = (await checkedInAction()) === (await bundleAction());
  expect(isSame, 'action.mjs is out of date: run `npm run action` and commit it').toBe(true);
});

it('action.yml declares the inputs that are read, and runs the bundle at both ends', () => {
  const { inputs, runs } = declaredAction();
  expect(Object.keys(inputs)).toEqual([...INPUTS]);
  expect(runs).toEqual({ using: 'node24', main: 'action.mjs', post: 'action.mjs', 'post-if': 'always()' });
});

it('its page has every input with its default, and every output', () => {
  const { inputs, outputs } = declaredAction();
  for (const [name, input] of Object.entries(inputs)) {
    const row = new RegExp(`^\\| \`${name}\` \\| (?:\`([^\`]*)\`)? ?\\|`, 'm').exec(DOCUMENT);
    expect([name, row?.[1] ?? '']).toEqual([name, input.default ?? '']);
  }
  for (const name of Object.keys(outputs)) expect(DOCUMENT).toContain(`\`${name}\``);
});
