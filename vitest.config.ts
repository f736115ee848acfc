import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/quiet.ts', 'test/support/all-answers-described.ts'],
    // What is in `test/localstack` needs a deployment, which its `run.ts` makes; what is in `test/browser`, a browser.
    exclude: ['test/fixtures/**', 'test/localstack/**', 'test/browser/**', 'node_modules/**'],
    reporters: ['default', './test/support/closing-line.ts'],
    // Embedded engines start in each integration file: two files at once is what two cores carry.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
