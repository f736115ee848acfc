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

export function reportOf(input: z.output<typeof Diagnostics>): Omit<DiagnosticReport, 'id' | 'runAt'> {
  return {
    workerId: input.worker_id,
    status: input.status,
    durationMs: input.duration_ms,
    isAutoFixed: input.auto_fixed,
    checks: input.checks.map(({ name, status, message, duration_ms, auto_fixed, details }) => ({
      name,
      status,
      message,
      durationMs: duration_ms,
      isAutoFixed: auto_fixed,
      ...(details && { details }),
    })),
  };
}
