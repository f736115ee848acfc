import type { ProjectFile } from './list-project.ts';

interface Part {
  /** A folder ends with `/`. */
  readonly name: string;
  readonly size: number;
}

/** A folder that holds this much of the one around it is the one to name. */
const NEARLY_ALL = 0.9;

/** Where the bytes of a project are, the most first: folders, each as far down as nearly all of it lies together. */
export function largestParts(files: readonly ProjectFile[], count: number): Part[] {
  const sizes = new Map<string, number>();
  const inside = new Map<string, Set<string>>();
  for (const { name, size } of files) {
    let folder = '';
    for (const part of partsOf(name)) {
      sizes.set(part, (sizes.get(part) ?? 0) + size);
      const siblings = inside.get(folder) ?? new Set();
      inside.set(folder, siblings.add(part));
      folder = part;
    }
  }
  const sizeOf = (name: string) => sizes.get(name) ?? 0;
  const narrowed = (name: string): string => {
    const inner = [...(inside.get(name) ?? [])].find((part) => sizeOf(part) >= NEARLY_ALL * sizeOf(name));
    return inner === undefined ? name : narrowed(inner);
  };
  const named = [...(inside.get('') ?? [])].map(narrowed).map((name) => ({ name, size: sizeOf(name) }));
  return named.sort((a, b) => b.size - a.size).slice(0, count);
}

/** `a/b/c` is in `a/` and in `a/b/`, and is itself. */
function partsOf(name: string): string[] {
  const ends = [...name.matchAll(/\//g)].map(({ index }) => index + 1);
  return [...ends.map((end) => name.slice(0, end)), name];
}
