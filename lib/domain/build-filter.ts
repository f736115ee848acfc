import type { Build, BuildState, Platform } from './build.ts';

/** What a list of builds may ask for; several together are all asked. */
export interface BuildFilter {
  readonly state?: BuildState | undefined;
  readonly platform?: Platform | undefined;
  readonly workerId?: string | undefined;
  /** All of them; see `hasAsked`. */
  readonly labels?: readonly string[] | undefined;
  /** Part of anything that a person may remember of a build, in whatever case. */
  readonly text?: string | undefined;
  /** Ms since 1970, the first one included. */
  readonly submittedAfter?: number | undefined;
  /** Ms since 1970, excluded: so that days laid side by side have each build once. */
  readonly submittedBefore?: number | undefined;
}

export function matches(build: Build, filter: BuildFilter): boolean {
  const { state, platform, workerId, labels = [], text, submittedAfter, submittedBefore } = filter;
  return (
    (workerId === undefined || build.holder?.workerId === workerId) &&
    (state === undefined || build.state === state) &&
    (platform === undefined || build.platform === platform) &&
    (submittedAfter === undefined || build.submittedAt >= submittedAfter) &&
    (submittedBefore === undefined || build.submittedAt < submittedBefore) &&
    labels.every((label) => hasAsked(build, label)) &&
    (text === undefined || mentions(build, text))
  );
}

/** A label by its whole text, or by what stands before its `=`: `team` finds `team` and `team=red`, and not `teams`. */
function hasAsked({ labels = [] }: Build, asked: string): boolean {
  return labels.some((label) => label === asked || label.startsWith(`${asked}=`));
}

function mentions(build: Build, text: string): boolean {
  const { id, originalBuildId, submittedBy, holder, labels = [], result, failure } = build;
  const known = [id, originalBuildId, submittedBy, holder?.workerId, holder?.workerName, result?.filename];
  const wanted = text.toLowerCase();
  return [...known, failure?.message, ...labels].some((field) => field?.toLowerCase().includes(wanted));
}
