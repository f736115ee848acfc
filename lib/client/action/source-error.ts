import { posix } from 'node:path';

export interface SourceError {
  readonly file: string;
  readonly line: number;
  readonly column: number | undefined;
  readonly message: string;
}

/** As clang, swiftc, kotlinc and xcodebuild say it, and as tsc does. */
const SHAPES = [
  /^(?:e: )?(?<file>[^\s:()][^:()]*):(?<line>\d{1,7}):(?:(?<column>\d{1,5}):)? (?:fatal )?error: (?<message>.+)$/,
  /^(?<file>[^\s:()][^:()]*)\((?<line>\d{1,7}),(?<column>\d{1,5})\): error (?<message>.+)$/,
];

/** Where in the repository a line of a log finds fault, `folder` being what was built. */
export function sourceError(text: string, folder: string): SourceError | undefined {
  for (const shape of SHAPES) {
    const { file, line, column, message } = shape.exec(text)?.groups ?? {};
    if (file === undefined || message === undefined || posix.isAbsolute(file)) continue;
    const path = posix.join(folder, file);
    // Not of what was built.
    if (posix.isAbsolute(path) || path.startsWith('../')) return undefined;
    return { file: path, line: Number(line), column: column === undefined ? undefined : Number(column), message };
  }
  return undefined;
}
