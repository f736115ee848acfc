import { Rejection } from '../domain/rejection.ts';
import { isTemporaryFailure } from './temporary-failure.ts';

/** Needs no stack trace: a refusal says why, and a temporary failure comes from outside. */
export function isExpectedError(error: unknown): boolean {
  return error instanceof Rejection || isTemporaryFailure(error);
}
