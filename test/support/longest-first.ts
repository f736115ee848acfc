import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const ROOT = join(import.meta.dirname, '../..');

/** More than half a minute each, the longest first: `npm test` says how long a file took. */
const LONG = ['test/history/faults.test.ts', 'test/infra/bundles.test.ts'].map((file) => join(ROOT, file));

/**
 * Where nobody has run the tests before, vitest begins with the largest files. The longest of all is a small one: begun among
 * the last, it went on for minutes when everything else was done.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = LONG.filter((file) => !existsSync(file));
    if (gone.length > 0) throw new Error(`${import.meta.filename} names ${gone.join(', ')}, which is not there`);
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.indexOf(moduleId);
      return at === -1 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
