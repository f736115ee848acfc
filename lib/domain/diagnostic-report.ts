export const DIAGNOSTIC_STATUSES = ['healthy', 'warning', 'critical'] as const;
export const CHECK_STATUSES = ['pass', 'warn', 'fail'] as const;

/** What a worker found when it looked at its own machine. */
export interface DiagnosticReport {
  readonly id: string;
  readonly workerId: string;
  readonly status: (typeof DIAGNOSTIC_STATUSES)[number];
  /** When it arrived: the machine's own clock may be one of the things that are wrong. */
  readonly runAt: number;
  readonly durationMs: number;
  /** Something was wrong, and the worker has put it right itself. */
  readonly isAutoFixed: boolean;
  readonly checks: readonly DiagnosticCheck[];
}

interface DiagnosticCheck {
  readonly name: string;
  readonly status: (typeof CHECK_STATUSES)[number];
  readonly message: string;
  readonly durationMs: number;
  readonly isAutoFixed: boolean;
  readonly details?: Readonly<Record<string, string>>;
}
