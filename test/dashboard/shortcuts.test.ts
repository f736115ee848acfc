import { describe, expect, it } from 'vitest';
import { createShortcuts } from '../../dashboard/shortcuts.ts';

function press(keys: readonly (readonly [key: string, at: number, isElsewhere?: boolean])[]) {
  const read = createShortcuts();
  return keys.map(([key, at, isElsewhere = false]) => read({ key, at, isElsewhere })).filter(Boolean);
}

describe('keyboard shortcuts', () => {
  it.each([
    [
      [
        ['g', 0],
        ['w', 100],
      ],
      [{ kind: 'go', href: '#/workers' }],
    ],
    [
      [
        ['g', 0],
        ['n', 1_500],
      ],
      [{ kind: 'go', href: '#/' }],
    ],
    [
      [
        ['g', 0],
        ['w', 1_501],
      ],
      [],
    ],
    [
      [
        ['g', 0],
        ['x', 10],
        ['w', 20],
      ],
      [],
    ],
    [[['w', 0]], []],
    [
      [
        ['g', 0],
        ['constructor', 10],
      ],
      [],
    ],
    [[['?', 0]], [{ kind: 'help' }]],
    [[['?', 0, true]], []],
    [
      [
        ['g', 0],
        ['w', 10, true],
      ],
      [],
    ],
  ] as const)('%j does %j', (keys, does) => expect(press(keys)).toEqual(does));
});
