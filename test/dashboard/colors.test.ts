import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const CSS = readFileSync(join(import.meta.dirname, '../../dashboard/style/colors.css'), 'utf8');

/** What the rule of a selector says, by name. */
function rule(selector: string): Record<string, string> {
  const start = CSS.indexOf(`${selector} {`);
  if (start === -1) throw new Error(`no rule for ${selector}`);
  const body = CSS.slice(start, CSS.indexOf('}', start));
  return Object.fromEntries([...body.matchAll(/^\s*(--[\w-]+): (.+);$/gm)].map(([, name, value]) => [name, value]));
}

// Plots read the colours by name and need what each is at last: so they stand twice, not as `light-dark()`.
describe('the dark colours', () => {
  const chosen = rule(':root[data-theme="dark"]');

  it('are the same by the system’s wish and by the reader’s', () => {
    expect(chosen).toEqual(rule(':root:not([data-theme="light"])'));
  });

  it('are as many as the light ones', () => {
    expect(Object.keys(chosen)).toEqual(Object.keys(rule(':root')));
    expect(Object.keys(chosen).length).toBeGreaterThan(20);
  });
});
