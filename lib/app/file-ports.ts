export type FileKind = 'sources' | 'results';

export interface UploadTicket {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: number;
}

/** What is known of an object beside its bytes. */
export interface StoredAs {
  readonly size: number;
  readonly sha256: string;
  readonly filename?: string;
}

export interface FoundFile extends StoredAs {
  /** Since when it has been there; unknown where the store does not say. */
  readonly storedAt?: number;
  /** When the store will remove it, if it says so. */
  readonly goneAt?: number;
}

/** A file that came in with a request and was stored on its way, where nobody can read it yet. */
export interface ReceivedFile {
  /** The store's name of it. */
  readonly source: string;
  readonly size: number;
  readonly sha256: string;
}

export interface FileStore {
  /** An address that takes exactly these bytes under exactly this key, for 15 minutes. */
  ticket(kind: FileKind, key: string, file: StoredAs, now: number): Promise<UploadTicket>;
  put(kind: FileKind, key: string, bytes: Uint8Array, sha256: string): Promise<void>;
  /** Makes a received file the one under this key, without moving its bytes again. May be repeated. */
  adopt(kind: FileKind, key: string, file: ReceivedFile): Promise<void>;
  /** What is stored under the key, or undefined. */
  find(kind: FileKind, key: string): Promise<FoundFile | undefined>;
  read(kind: FileKind, key: string): Promise<Uint8Array | undefined>;
  /** An address from which the file can be fetched for some minutes, under the given name. */
  link(kind: FileKind, key: string, filename: string, contentType: string): Promise<string>;
}

/** A file as it is announced before it comes in parts: all of `partSize`, the last of what is left. */
export interface AnnouncedParts extends StoredAs {
  readonly partSize: number;
  readonly partSha256s: readonly string[];
}

export interface BegunUpload extends AnnouncedParts {
  readonly kind: FileKind;
  readonly key: string;
  /** The store's own name of it. */
  readonly storeId: string;
}

/** By number, from 1: the store's mark of each part that is there and is the one that was announced. */
export type ArrivedParts = ReadonlyMap<number, string>;

export interface PartStore {
  /** Begins an upload and keeps what was announced for it: later calls name only the key. */
  begin(kind: FileKind, key: string, file: AnnouncedParts): Promise<BegunUpload>;
  find(kind: FileKind, key: string): Promise<BegunUpload | undefined>;
  /** Undefined when the upload has ended: joined, given up, or a day old. */
  arrived(upload: BegunUpload): Promise<ArrivedParts | undefined>;
  /** An address that takes exactly the part that was announced under this number, for 15 minutes. */
  ticket(upload: BegunUpload, number: number, now: number): Promise<UploadTicket>;
  /**
   * Makes the file of its parts. `damaged`: it is not what was announced, and nothing was made. `ended`: as with
   * `arrived`. May be repeated.
   */
  join(upload: BegunUpload, arrived: ArrivedParts): Promise<'joined' | 'damaged' | 'ended'>;
  /** Removes what has arrived. May be repeated. */
  abort(upload: BegunUpload): Promise<void>;
}
