import type { FileKind, FileStore, StoredAs } from '../../lib/app/file-ports.ts';
import type { Totals, TotalsStore } from '../../lib/app/ports.ts';

/** Objects in memory. `upload` is what a client does with a ticket. */
export function memoryFiles() {
  const objects = new Map<string, StoredAs & { readonly bytes: Uint8Array }>();
  const place = (kind: FileKind, key: string) => `${kind}/${key}`;
  const files: FileStore = {
    ticket: async (kind, key, _file, now) => ({ url: place(kind, key), headers: {}, expiresAt: now + 900_000 }),
    put: async (kind, key, bytes, sha256) => {
      objects.set(place(kind, key), { size: bytes.length, sha256, bytes });
    },
    adopt: async (kind, key, { source, size, sha256 }) => {
      objects.set(place(kind, key), { size, sha256, bytes: objects.get(source)?.bytes ?? new Uint8Array() });
    },
    find: async (kind, key) => {
      const object = objects.get(place(kind, key));
      if (!object) return undefined;
      const { bytes: _inside, ...stored } = object;
      return stored;
    },
    read: async (kind, key) => objects.get(place(kind, key))?.bytes,
    link: async (kind, key, filename) => `${place(kind, key)}?as=${filename}`,
  };
  const upload = (url: string, bytes: Uint8Array, sha256: string) =>
    void objects.set(url, { size: bytes.length, sha256, bytes });
  return { files, objects, upload };
}

export function memoryTotals(): TotalsStore {
  let totals: Totals | undefined;
  return {
    get: async () => totals,
    advance: async (next, previous) => {
      if (totals?.through !== previous) return false;
      totals = next;
      return true;
    },
  };
}
