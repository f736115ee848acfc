export type StopReason = 'lease_lost' | 'cancelled' | 'lease_expired' | 'refused' | 'worker_stopped';

const TEXT: Record<StopReason, string> = {
  lease_lost: 'another attempt has taken over',
  cancelled: 'the build is over: cancelled or finished elsewhere',
  lease_expired: 'the controller could not be reached until the lease ran out',
  refused: 'the controller refused the report',
  worker_stopped: 'Worker stopped',
};

/** Why a build must end now. Only `worker_stopped` may still be reported: after the others nobody listens. */
export class BuildStopped extends Error {
  override name = 'BuildStopped';
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(TEXT[reason]);
    this.reason = reason;
  }
}

/** The build itself failed; the message goes to whoever submitted it. */
export class BuildFailure extends Error {
  override name = 'BuildFailure';
}

/** The build did not fail: what it made does not get to the controller. */
export class UploadFailed extends Error {
  override name = 'UploadFailed';
}

/** The command did not do it: the project's fault or the machine's, which nobody can tell. */
export class CommandFailed extends BuildFailure {
  override name = 'CommandFailed';
}
