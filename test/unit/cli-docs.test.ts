import { expect, it } from 'vitest';
import { checkedIn, describedProgram, generated } from '../../infra/docs/generate.ts';
import { commandTree } from '../../lib/client/cli/command-tree.ts';

it('docs/cli.md is checked in as it is generated', async () => {
  const isSame = (await checkedIn()) === generated();
  expect(isSame, 'docs/cli.md is out of date: run `npm run docs` and look at what has changed').toBe(true);
});

it('every command that does something has an example', () => {
  const without = commandTree(describedProgram()).filter(
    ({ subcommands, command }) => subcommands.length + command.examples.length === 0,
  );
  expect(without.map(({ path }) => path)).toEqual([]);
});
