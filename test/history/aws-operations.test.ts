import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROWS } from './all-rows.ts';
import { OPERATIONS } from './aws-operations.ts';

/** It is made an address of, which clients use: the functions do not send it. */
const ONLY_SIGNED = ['UploadPart'];

/** All that the functions' code makes of the SDK's commands and pages. */
function commandsInCode(): string[] {
  const files = globSync('{lib/{domain,app,adapters,runtime},functions}/**/*.ts');
  const names = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bnew (\w+)Command\(|\bpaginate([A-Z]\w*)\(/g)].flatMap(
      ([, command, paged]) => command ?? paged ?? [],
    ),
  );
  return [...new Set(names)].filter((name) => !ONLY_SIGNED.includes(name)).sort();
}

describe('the operations that get lost', () => {
  it('are all that the functions send', () => {
    expect(OPERATIONS.map(([, operation]): string => operation).sort()).toEqual(commandsInCode());
  });

  it('have their rows: the request lost, and the reply', () => {
    const names = ROWS.map(({ name }) => name);
    const wanted = OPERATIONS.flatMap(([, operation]) => [`request-lost-${operation}`, `reply-lost-${operation}`]);
    expect(names).toEqual(expect.arrayContaining(wanted));
  });
});
