import type { Answer } from '../../infra/local/answer.ts';
import { undescribed } from './described-answers.ts';

const problems = new Set<string>();

/** For the gateway of a controller under test: what it answers is held against the API's description. */
export function checkAnswer(routeKey: string, answer: Answer): void {
  const problem = undescribed(routeKey, answer);
  // Not thrown: the client under test would take it for a failure of the controller, and try again.
  if (problem !== undefined) problems.add(problem);
}

/** What was found since the last time. */
export function takeProblems(): readonly string[] {
  const found = [...problems];
  problems.clear();
  return found;
}
