import { defineConfig } from 'vitest/config';

/** What needs a browser: `npm run test:browser`. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    setupFiles: ['test/support/quiet.ts', 'test/support/all-answers-described.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    // Each file has a controller, its agents and a browser.
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
