import { readFileSync, writeFileSync } from 'node:fs';

/** Linux: 5 sets the peak back to what is resident now. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The most that was resident since the peak was forgotten. */
export function peakMiB(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error('the kernel tells no peak');
  return Number(kib) / 1024;
}
