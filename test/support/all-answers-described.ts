import { afterEach, expect } from 'vitest';
import { takeProblems } from './check-answers.ts';

/** Whatever a test is about: the controllers that it starts answer as the API is described. */
afterEach(() => {
  expect(takeProblems(), 'answers that are not as openapi.json says').toEqual([]);
});
