import type { Build, StoredCerts } from '../domain/build.ts';
import type { CertBundle } from '../domain/certs.ts';

/**
 * Encryption at rest. `owner` is whom the secret belongs to: it opens in no other name. Where the controller's own key
 * comes from is the box's affair: a variable, a file, a key service.
 */
export interface SecretBox {
  /** `sealedKey` opens it, and is kept apart from it: without one, the other is noise. */
  seal(owner: string, plain: Uint8Array): Promise<{ readonly sealed: Uint8Array; readonly sealedKey: string }>;
  /** Throws when anything is not as it was sealed. */
  open(owner: string, from: { readonly sealed: Uint8Array; readonly sealedKey: string }): Promise<OpenedSecret>;
  /** The same for the same content; tells nothing of it. */
  fingerprint(content: Uint8Array): string;
}

interface OpenedSecret {
  readonly plain: Uint8Array;
  /** 24 bytes, base64, that only who can open the secret can know: always the same for the same purpose. */
  derive(purpose: string): string;
}

/** Signing material, encrypted. A build may have several objects: racing submits each store their own. */
export interface CertStore {
  fingerprint(bundle: CertBundle): string;
  put(buildId: string, name: string, bundle: CertBundle): Promise<StoredCerts>;
  /** Undefined: the build has none, or has it no more. */
  open(build: Pick<Build, 'id' | 'certs'>): Promise<OpenedCerts | undefined>;
}

/** The same objects, for who may delete them and cannot open them. */
export interface CertObjects {
  /** The key under which `put` stores. */
  keyOf(object: CertsObject): string;
  delete(object: CertsObject): Promise<void>;
}

export interface CertsObject {
  readonly buildId: string;
  readonly name: string;
}

interface OpenedCerts {
  readonly bundle: CertBundle;
  readonly derive: OpenedSecret['derive'];
}

/** Says that an object of signing material is stored, from before it is until after it is gone: none is ever forgotten. */
export interface CertMarks {
  add(object: CertsObject, dueAt: number): Promise<void>;
  /** Those due at `until`, page by page, oldest first. */
  due(until: number): AsyncIterable<readonly CertsObject[]>;
  /** Changes nothing when the mark is gone. */
  postpone(object: CertsObject, dueAt: number): Promise<void>;
  remove(object: CertsObject): Promise<void>;
}
