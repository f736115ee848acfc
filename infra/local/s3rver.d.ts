/** What we use of @20minutes/s3rver 5, which has no types of its own. */
declare module '@20minutes/s3rver' {
  import type { IncomingMessage, RequestListener } from 'node:http';
  import type { Readable } from 'node:stream';

  class S3rver {
    constructor(options: { directory: string; silent: boolean; vhostBuckets: boolean });
    readonly store: S3rver.Store;
    readonly logger: { close(): void };
    /** Koa's: they run in this order. */
    readonly middleware: S3rver.Middleware[];
    callback(): RequestListener;
  }

  namespace S3rver {
    type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>;

    interface Context {
      readonly req: IncomingMessage;
      readonly method: string;
      status: number;
      body: string | null;
      type: string;
      readonly state: { account?: unknown };
      set(header: string, value: string): void;
      remove(header: string): void;
      onerror(error: Error): void;
    }

    interface StoredObject {
      content: Readable | null;
      range?: { start: number; end: number };
      readonly size: number;
    }

    interface Store {
      getResourcePath(bucket: string, key: string, resource: string): string;
      getBucket(bucket: string): Promise<object | null>;
      getObject(bucket: string, key: string, options?: { start?: number; end?: number }): Promise<StoredObject | null>;
      putObject(object: {
        readonly bucket: string;
        readonly key: string;
        readonly content: Buffer | Readable;
        readonly metadata: Record<string, string>;
      }): Promise<{ size: number; md5: string }>;
      deleteObject(bucket: string, key: string): Promise<void>;
      putMetadata(bucket: string, key: string, metadata: Readonly<Record<string, string>>, md5?: string): Promise<void>;
    }
  }

  export = S3rver;
}

declare module '@20minutes/s3rver/lib/models/error.js' {
  /** Answered as S3's XML, with the status that belongs to the code. */
  class S3Error extends Error {
    constructor(code: string, message: string, detail?: Record<string, string>);
    readonly status: number;
    toXML(): string;
  }
  export = S3Error;
}

declare module '@20minutes/s3rver/lib/models/object.js' {
  const S3Object: { readonly ALLOWED_METADATA: string[] };
  export = S3Object;
}
