import type { Scope } from '../domain/api-key.ts';

/**
 * Who may do what: one line for each endpoint, by the name of its function's file. The pipeline lets in by this table and
 * gives the handler what the line promises; no handler looks at a credential itself.
 *
 * To add an endpoint: a line here, its schema in `inputs/`, and `api({ access: '<name>', gate: gate(env, table), input },
 * run)` in its function. Where one function serves routes with different rules, make it two functions.
 * `test/integration/access-expectations.ts` says what each line lets in and refuses.
 *
 * `for` says what the handler is given beside its input:
 * - `anyone`: nothing; no credential is looked at. Ids in a path or a header prove nothing.
 * - `project`: `key`, whose it is that asked. Needs a key with the scope, or with `any` one of whatever scope.
 * - `build`: `build`, read for its `id`. Needs a key with the scope, or with `submit` for what it submitted itself; or one
 *   of the build's tokens.
 * - `holder`: `claim`, to be put into the condition of the write (`fenced`) or checked by a read (`heldBuild`). Needs a
 *   key with the scope and the worker's id beside it (where there is `key`, and then `worker` is among the tokens), or a
 *   token of the holder's: which of them is said by `tokens`. `orIds`: who shows no credential at all is let in by the ids
 *   of worker and build, which prove nothing.
 * - `worker`: `worker`, read and proved. Needs the worker's token, or a key with the scope and the worker's id beside it.
 *   `onlyItself`: a token is refused where the request names another worker.
 *
 * Ids are no secret: `/status` shows who builds. So a key that lets its holder act as the worker that it names needs
 * `work-any`; one with `work` registers workers, and each of them then acts by its own token. Which id a registration
 * may take up again is decided in `registration.ts`.
 */
export const ACCESS = {
  health: { for: 'anyone' },
  stats: { for: 'anyone' },
  'describe-api': { for: 'anyone' },
  'show-dashboard': { for: 'anyone' },
  'not-found': { for: 'anyone' },

  'create-source-upload': { for: 'project', key: 'submit' },
  'continue-source-upload': { for: 'project', key: 'submit' },
  'complete-source-upload': { for: 'project', key: 'submit' },
  'abort-source-upload': { for: 'project', key: 'submit' },
  'submit-build': { for: 'project', key: 'submit' },
  'list-builds': { for: 'project', key: 'read' },
  'list-queues': { for: 'project', key: 'read' },
  'pause-queue': { for: 'project', key: 'admin' },
  'resume-queue': { for: 'project', key: 'admin' },

  'list-active-builds': { for: 'project', key: 'read' },
  'count-builds': { for: 'project', key: 'read' },
  'store-diagnostics': { for: 'project', key: 'work-any' },
  'list-diagnostics': { for: 'project', key: 'read' },
  'latest-diagnostics': { for: 'project', key: 'read' },
  'list-workers': { for: 'project', key: 'read' },
  'worker-stats': { for: 'project', key: 'work' },

  'show-build': { for: 'build', key: 'read' },
  'build-status': { for: 'build', key: 'read' },
  'queue-place': { for: 'build', key: 'read' },
  'build-events': { for: 'build', key: 'read' },
  'read-metrics': { for: 'build', key: 'read' },
  'read-logs': { for: 'build', key: 'read' },
  'download-own-source': { for: 'build', key: 'read' },
  'download-result': { for: 'build', key: 'read' },
  'link-file': { for: 'build', key: 'read' },
  'cancel-build': { for: 'build', key: 'submit' },
  'retry-build': { for: 'build', key: 'submit' },

  'show-own-key': { for: 'project', key: 'any' },
  'create-key': { for: 'project', key: 'admin' },
  'list-keys': { for: 'project', key: 'admin' },
  'revoke-key': { for: 'project', key: 'admin' },
  'list-dead-letters': { for: 'project', key: 'admin' },
  'redrive-dead-letters': { for: 'project', key: 'admin' },

  'register-worker': { for: 'project', key: 'work' },
  'drain-worker': { for: 'project', key: 'admin' },
  'revoke-worker': { for: 'project', key: 'admin' },
  poll: { for: 'worker', key: 'work-any' },
  'unregister-worker': { for: 'worker', key: 'work-any', onlyItself: true },

  'authenticate-vm': { for: 'anyone' },
  'vm-status': { for: 'anyone' },
  'vm-ready': { for: 'holder', tokens: ['vm'] },
  'upload-artifact': { for: 'holder', tokens: ['vm'] },

  heartbeat: { for: 'holder', key: 'work-any', tokens: ['worker', 'vm', 'beat'] },
  'record-telemetry': { for: 'holder', key: 'work-any', tokens: ['worker', 'vm', 'beat'], orIds: true },
  'append-logs': { for: 'holder', key: 'work-any', tokens: ['worker', 'vm'] },
  'download-certs': { for: 'holder', key: 'work-any', tokens: ['worker', 'vm'] },
  'read-certs': { for: 'holder', key: 'work-any', tokens: ['worker', 'vm'] },
  'download-source': { for: 'holder', key: 'work-any', tokens: ['worker', 'vm'] },
  'create-result-upload': { for: 'holder', key: 'work-any', tokens: ['worker', 'vm'] },
  'continue-result-upload': { for: 'holder', key: 'work-any', tokens: ['worker', 'vm'] },
  'complete-result-upload': { for: 'holder', key: 'work-any', tokens: ['worker', 'vm'] },
  'abort-result-upload': { for: 'holder', key: 'work-any', tokens: ['worker', 'vm'] },
  'finish-build': { for: 'holder', key: 'work-any', tokens: ['worker'] },
  'fail-build': { for: 'holder', key: 'work-any', tokens: ['worker'] },
  'abandon-build': { for: 'holder', key: 'work-any', tokens: ['worker'] },
} as const satisfies Record<string, Rule>;

export type Rule =
  | { readonly for: 'anyone' }
  | { readonly for: 'project'; readonly key: Scope | 'any' }
  | { readonly for: 'build'; readonly key: Scope }
  | { readonly for: 'holder'; readonly key?: Scope; readonly tokens: readonly HolderToken[]; readonly orIds?: true }
  | { readonly for: 'worker'; readonly key: Scope; readonly onlyItself?: true };

/**
 * Tokens that speak for a build's holder. Each has its header and its reader in `credentials.ts`.
 * - `worker`: of the worker that holds the build
 * - `vm`: of the virtual machine of the present attempt
 * - `beat`: for signs of life alone. Whoever knows the build's id is given it by `vm-status`, as the old workers ask there
 *   without a credential; so it is let in nowhere else.
 */
export type HolderToken = 'worker' | 'vm' | 'beat';

export type Endpoint = keyof typeof ACCESS;
export type Subject = Rule['for'];
export type SubjectOf<E extends Endpoint> = (typeof ACCESS)[E]['for'];
export type TokensOf<E extends Endpoint> = (typeof ACCESS)[E] extends {
  readonly tokens: readonly (infer T extends HolderToken)[];
}
  ? T
  : never;
