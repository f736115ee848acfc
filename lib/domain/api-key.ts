/**
 * What a key may do:
 * - `read`: see every build, log, result and figure;
 * - `submit`: submit builds, and see, cancel and retry those that it submitted (with `read` beside it: all);
 * - `work`: register workers and act as them;
 * - `admin`: everything, keys and draining included. Who may make keys may make one for anything.
 */
export type Scope = 'admin' | 'read' | 'submit' | 'work';

/** A key whose holder has proved to have it. The project's own key is called `root` and may do everything. */
export interface KeyHolder {
  readonly id: string;
  readonly scopes: readonly Scope[];
}

export const ROOT: KeyHolder = { id: 'root', scopes: ['admin'] };

export function hasScope({ scopes }: KeyHolder, needed: Scope): boolean {
  return scopes.includes(needed) || scopes.includes('admin');
}
