import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where each bench keeps what it found, and what is made of it. */
const resultFile = (name: string) => join(import.meta.dirname, `../${name}.json`);
const DOCS = join(import.meta.dirname, '../../../docs');

/** What was measured last; nothing, if nothing was. */
export const findResult = <T>(name: string): T | undefined =>
  existsSync(resultFile(name)) ? JSON.parse(readFileSync(resultFile(name), 'utf8')) : undefined;

export const writeResult = (name: string, result: object): void =>
  writeFileSync(resultFile(name), `${JSON.stringify(result, undefined, 2)}\n`);

/** Below `docs/`. */
export function writePlot(name: string, svg: string): void {
  const path = join(DOCS, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, svg);
}

export const readPlot = (name: string): string => readFileSync(join(DOCS, name), 'utf8');

/** Three digits that count, and no more. */
export const rounded = (value: number): number => Number(value.toPrecision(3));

/** Every number in it, however deep, rounded: what is recorded is no more exact than it was measured. */
export function roundedAll<T>(value: T): T {
  if (typeof value === 'number') return (Number.isInteger(value) ? value : rounded(value)) as T;
  if (Array.isArray(value)) return value.map(roundedAll) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, roundedAll(each)])) as T;
}
