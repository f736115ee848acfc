import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../duration.ts';

/** `90s`, `45m`, `2h`; a bare number is seconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Not a duration: write 90s, 45m or 2h.');
  return ms;
}

const BYTES = { MB: 1024 ** 2, GB: 1024 ** 3 } as const;

/** `500MB`, `5GB`, or `0`. */
export function byteSize(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([MG]B)$/i.exec(text.trim()) ?? [];
  if (text.trim() === '0') return 0;
  if (unit === undefined) throw new InvalidArgumentError('Not a size: write 500MB or 5GB.');
  return Number(number) * BYTES[unit.toUpperCase() as keyof typeof BYTES];
}
