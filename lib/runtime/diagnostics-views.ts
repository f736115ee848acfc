import type * as z from 'zod/mini';
import type { DiagnosticReport } from '../domain/diagnostic-report.ts';
import type { Diagnostics } from './inputs/diagnostics.ts';

export function reportView({ id, workerId, status, runAt, durationMs, isAutoFixed, checks }: DiagnosticReport) {
  return {
    id,
    worker_id: workerId,
    status,
    run_at: runAt,
    duration_ms: durationMs,
    auto_fixed: isAutoFixed,
    checks: checks.map((check) => ({
      name: check.name,
      status: check.status,
      message: check.message,
      duration_ms: check.durationMs,
      auto_fixed: check.isAutoFixed,
      ...(check.details && { details: check.details }),
    })),
  };
}

type Mask = (text: string) => string;

/** @param mask what a machine says of itself may show what it holds. */
export function reportOf(input: z.output<typeof Diagnostics>, mask: Mask): Omit<DiagnosticReport, 'id' | 'runAt'> {
  return {
    workerId: input.worker_id,
    status: input.status,
    durationMs: input.duration_ms,
    isAutoFixed: input.auto_fixed,
    checks: input.checks.map(({ name, status, message, duration_ms, auto_fixed, details }) => ({
      name: mask(name),
      status,
      message: mask(message),
      durationMs: duration_ms,
      isAutoFixed: auto_fixed,
      ...(details && { details: maskedDetails(details, mask) }),
    })),
  };
}

/** A detail's name may say that its value is a secret, so they are looked at together. */
function maskedDetails(details: Readonly<Record<string, string>>, mask: Mask): Record<string, string> {
  const entries = Object.entries(details).map(([name, value]) => {
    const shown = mask(name);
    const pair = mask(`${name}=${value}`);
    return [shown, pair.startsWith(`${shown}=`) ? pair.slice(shown.length + 1) : mask(value)];
  });
  return Object.fromEntries(entries);
}
