import type { Operations } from '../api-types.ts';
import type { RetryPolicy } from '../retry.ts';
import type { FileDigest } from '../transfer/file-digest.ts';

/** The types that are published. They import nothing of a package: who uses them has ours only. */

export type OperationName = keyof Operations;
/** What an endpoint answers: `Answer<'GET /api/builds/{id}/status'>`. */
export type Answer<O extends OperationName> = Operations[O]['answer'];

type Nothing = Readonly<Record<string, never>>;
type PathOf<O extends OperationName> = Operations[O]['path'] extends Nothing
  ? { readonly path?: undefined }
  : { readonly path: Operations[O]['path'] };
type QueryOf<O extends OperationName> = Operations[O]['query'] extends Nothing
  ? { readonly query?: undefined }
  : { readonly query?: Operations[O]['query'] | undefined };
type BodyOf<O extends OperationName> = Operations[O]['body'] extends undefined
  ? { readonly body?: undefined }
  : { readonly body: Operations[O]['body'] };

export interface CallOptions {
  /** Its abort ends the call, and the waiting between two tries. */
  readonly signal?: AbortSignal | undefined;
}

/** What an endpoint takes: the parts of its path, its query, its body. */
export type Input<O extends OperationName> = PathOf<O> & QueryOf<O> & BodyOf<O> & CallOptions;

/** The bytes themselves; where they come from is the caller's own. */
export interface Signing {
  /** A `.p12`, or a ZIP of one with its `password.txt` and profiles. */
  readonly certs: Uint8Array;
  readonly password?: string | undefined;
  readonly profiles?: readonly Uint8Array[] | undefined;
}

export interface SubmitOptions extends CallOptions {
  /** A folder, packed as its ignore files say, or a `.zip` or `.tar.gz`. */
  readonly source: string;
  readonly platform: 'ios' | 'android';
  readonly labels?: readonly string[] | undefined;
  readonly priority?: number | undefined;
  readonly signing?: Signing | undefined;
  /** The same key is the same build, for ever: for who may not know that they have asked before. May be made of the source. */
  readonly idempotencyKey?: string | ((source: FileDigest) => string) | undefined;
  readonly onProgress?: ((sentBytes: number, allBytes: number) => void) | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
  /** Called when the submit itself goes out: from now on there may be a build. */
  readonly onSubmit?: (() => void) | undefined;
}

export type SubmittedBuild = Answer<'POST /api/builds'> & {
  readonly source_size: number;
  readonly source_sha256: string;
};

export interface RetryOptions extends CallOptions {
  readonly signing?: Signing | undefined;
  /** Retries of a build with the same key are one build, for ever. Without it each call is another. */
  readonly idempotencyKey?: string | undefined;
}

export interface DownloadOptions extends CallOptions {
  /** A file, or an existing folder; without it the current folder, and the result's own name. */
  readonly output?: string | undefined;
  readonly mayOverwrite?: boolean | undefined;
}

export interface DownloadedFile extends FileDigest {
  readonly path: string;
}

export type BuildStatus = Answer<'GET /api/builds/{id}/status'>;
export type LogLine = Answer<'GET /api/builds/{id}/logs'>['logs'][number];
export type BuildEvent = Answer<'GET /api/builds/{id}/events'>['events'][number];
export type ListedBuild = Answer<'GET /api/builds'>[number];
export type Worker = Answer<'GET /api/workers'>['workers'][number];

export interface ClientOptions {
  readonly url: string;
  /** For a project. */
  readonly apiKey?: string | undefined;
  /** For one build: its submit answered it. */
  readonly buildToken?: string | undefined;
  /** How patient calls are with a controller that is away; as the command line unless said. */
  readonly retry?: RetryPolicy | undefined;
  readonly onRetry?: ((error: unknown, delayMs: number) => void) | undefined;
}

export interface ListOptions extends CallOptions {
  readonly status?: ListedBuild['status'] | undefined;
  readonly platform?: 'ios' | 'android' | undefined;
  readonly worker_id?: string | undefined;
  /** `team` means `team=red` as well. Several, with commas between them, are all asked. */
  readonly label?: string | undefined;
  /** Part of an id, a label, a name, or the reason of a failure. */
  readonly text?: string | undefined;
  /** Milliseconds since 1970, the first one included. */
  readonly submitted_after?: string | undefined;
  readonly submitted_before?: string | undefined;
}

export interface WaitOptions extends CallOptions {
  readonly onLine?: ((line: LogLine) => void) | undefined;
}

type Arguments<O extends OperationName> = Partial<Input<O>> extends Input<O> ? [input?: Input<O>] : [input: Input<O>];

export interface Client {
  /** Any endpoint by its name, typed by the API's description. */
  call<O extends OperationName>(operation: O, ...input: Arguments<O>): Promise<Answer<O>>;
  submit(options: SubmitOptions): Promise<SubmittedBuild>;
  status(id: string, options?: CallOptions): Promise<BuildStatus>;
  /** Every line once, until the build is over. A controller that is away for some minutes does not end it. */
  logs(id: string, options?: CallOptions): AsyncIterable<LogLine>;
  /** Resolves when the build is over, with how it ended. */
  wait(id: string, options?: WaitOptions): Promise<BuildStatus>;
  download(id: string, options?: DownloadOptions): Promise<DownloadedFile>;
  cancel(id: string, options?: CallOptions): Promise<Answer<'POST /api/builds/{id}/cancel'>>;
  /** The same source once more, as a new build. Signing material is gone with the old build's end. */
  retry(id: string, options?: RetryOptions): Promise<Answer<'POST /api/builds/{id}/retry'>>;
  events(id: string, options?: CallOptions): Promise<readonly BuildEvent[]>;
  /** Newest first; the next page is asked for when it is wanted. */
  builds(options?: ListOptions): AsyncIterable<ListedBuild>;
  workers(options?: CallOptions): AsyncIterable<Worker>;
  stats(options?: CallOptions): Promise<Answer<'GET /api/stats'>>;
}
