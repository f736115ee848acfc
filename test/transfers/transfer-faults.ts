import { TARGETS } from '../bench/design/targets.ts';
import { type Growth, MB, type Row } from './large-files.ts';

interface Passed {
  readonly rows: readonly Row[];
  readonly growths: readonly Growth[];
}

/** What does not hold of files that have passed, in words: other bytes came out, or memory grew with the file. */
export const transferFaults = ({ rows, growths }: Passed): string[] => [
  ...rows
    .filter(({ isSame }) => !isSame)
    .map(({ way, size }) => `${way}, ${size / MB} MB: other bytes came out than went in`),
  ...growths
    .filter(({ growth }) => !(growth <= TARGETS.flatRatio))
    .map(({ way, direction, growth }) => `${way}, ${direction}: memory grew ${growth.toFixed(2)} times`),
];
