import { describe, expect, it } from 'vitest';
import { type CpuProfile, ownerOf, sharesOf, treeOf } from './cpu-profile.ts';
import { flameGraphSvg } from './flame-graph.ts';

const frame = (functionName: string, url: string) => ({ functionName, url });

/** `poll` is called from two places that bear the same name, waits for the SDK, and the processor idles half of the time. */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)', ''), children: [2, 3, 6] },
    { id: 2, callFrame: frame('poll', 'file:///x/functions/api/poll.ts'), children: [4] },
    { id: 3, callFrame: frame('poll', 'file:///x/functions/api/poll.ts'), children: [5] },
    { id: 4, callFrame: frame('send', 'file:///x/node_modules/@smithy/core/client.js') },
    { id: 5, callFrame: frame('send', 'file:///x/node_modules/@smithy/core/client.js') },
    { id: 6, callFrame: frame('(idle)', '') },
  ],
  samples: [2, 4, 5, 6],
  timeDeltas: [10, 20, 30, 60],
};

describe('a profile', () => {
  it('is a tree in which equal functions under equal callers are one, and nothing idles', () => {
    const tree = treeOf(PROFILE);
    expect(tree.total).toBe(60);
    expect(tree.children.map(({ name, total, own }) => ({ name, total, own }))).toEqual([
      { name: 'poll', total: 60, own: 10 },
    ]);
    expect(tree.children[0]?.children).toMatchObject([{ name: 'send', total: 50, own: 50 }]);
  });

  it('says whose code the time is spent in', () =>
    expect(sharesOf(treeOf(PROFILE))).toEqual([
      ['the SDK', 50 / 60],
      ['functions', 10 / 60],
      ['node', 0],
    ]));

  it.each([
    ['file:///x/lib/app/assign-build.ts', 'lib/app'],
    ['file:///x/node_modules/zod/v4/core.js', 'zod'],
    ['file:///x/node_modules/@middy/core/index.js', '@middy/core'],
    ['node:internal/http', 'node'],
    ['', 'node'],
    ['file:///x/test/bench/handlers/load.ts', 'the bench'],
  ])('knows that %s is of %s', (url, owner) => expect(ownerOf(url, 'f')).toBe(owner));
});

describe('a flame graph', () => {
  const svg = flameGraphSvg('a poll <&', treeOf(PROFILE));
  it('has each function as text that can be selected, as wide as its time', () => {
    const widths = [...svg.matchAll(/<title>(\w+) [^<]*<\/title><rect x="[\d.]+" y="\d+" width="([\d.]+)"/g)];
    expect(Object.fromEntries(widths.map(([, name, width]) => [name, Number(width)]))).toEqual({
      poll: 1180,
      send: 983.3,
    });
    expect(svg).toContain('>poll</text>');
  });
  it('is well-formed whatever functions are called', () => expect(svg).toContain('a poll &lt;&amp;'));
});
