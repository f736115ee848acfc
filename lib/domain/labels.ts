/** What a build may ask of its worker, and a worker may say of itself: `xcode=26`, `signing`. */
export const LABEL = /^[a-z0-9][a-z0-9._=-]{0,39}$/;

/** The condition of an assignment looks at each place of the list: with a higher limit it has to look at more. */
export const MAX_BUILD_LABELS = 5;
export const MAX_WORKER_LABELS = 10;

/** Whether a worker with these labels may build what asks for those. */
export function hasAll(labels: readonly string[], wanted: readonly string[] = []): boolean {
  return wanted.every((label) => labels.includes(label));
}
