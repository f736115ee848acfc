/** Seconds between two of a kind; 0: none. */
export interface BuildSettings {
  readonly minutes: number;
  readonly heartbeatSeconds: number;
  readonly logSeconds: number;
  readonly logBytes: number;
  readonly telemetrySeconds: number;
  /** A submitter that asks for the status, and one that follows the log. */
  readonly statusSeconds: number;
  readonly followSeconds: number;
}

export interface BuildPace extends BuildSettings {
  /** Whether log and follower slow down with the build's age, as our worker and command line do. */
  readonly slowsDown?: true;
}

export interface Assumptions {
  readonly pollSeconds: number;
  /** How long a function runs for an invocation. */
  readonly lambdaMs: number;
  readonly sourceMb: number;
  readonly resultMb: number;
}

export type CostSettings = BuildSettings & Assumptions;

export const DEFAULTS: CostSettings = {
  minutes: 10,
  heartbeatSeconds: 30,
  logSeconds: 30,
  logBytes: 4096,
  telemetrySeconds: 0,
  statusSeconds: 60,
  followSeconds: 0,
  pollSeconds: 30,
  lambdaMs: 20,
  sourceMb: 50,
  resultMb: 100,
};
