import { describe, expect, it } from 'vitest';
import { visits } from './visits.ts';

const MOST_BYTES = 120 * 1024;
/** A second is what is wanted, and shown; a machine that does ten things at once gets more. */
const SLOWEST_PAINT_MS = 5_000;

describe('the page', () => {
  const { scene, visit } = visits();

  it('weighs no more than 120 KiB with all that it may ever load, compressed either way', () => {
    const { files } = scene();
    const rows = files.map(({ name, bytes, brotliBytes, gzipBytes, isFirst }) => [
      isFirst ? 'first' : 'later',
      name,
      bytes,
      brotliBytes,
      gzipBytes,
    ]);
    console.info(['when name bytes brotli gzip', ...rows.map((row) => row.join(' '))].join('\n'));
    const sum = (by: 'brotliBytes' | 'gzipBytes') => files.reduce((total, file) => total + file[by], 0);
    console.info(`all of it: ${sum('brotliBytes')} bytes as brotli, ${sum('gzipBytes')} as gzip`);
    expect(sum('gzipBytes')).toBeGreaterThan(10_000);
    expect(sum('gzipBytes')).toBeLessThanOrEqual(MOST_BYTES);
    expect(sum('brotliBytes')).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('paints soon, and comes compressed', async () => {
    const { page } = await visit();
    await page.getByLabel('API key').waitFor();
    const seen = await page.evaluate(
      () =>
        new Promise<{ paintMs: number; files: [string, number, number][] }>((resolve) => {
          new PerformanceObserver((list) => {
            const [paint] = list.getEntriesByName('first-contentful-paint');
            if (!paint) return;
            const loaded = [
              ...performance.getEntriesByType('navigation'),
              ...performance.getEntriesByType('resource'),
            ] as PerformanceResourceTiming[];
            const files = loaded.map(({ name, encodedBodySize, decodedBodySize }): [string, number, number] => [
              new URL(name).pathname,
              encodedBodySize,
              decodedBodySize,
            ]);
            resolve({ paintMs: paint.startTime, files });
          }).observe({ type: 'paint', buffered: true });
        }),
    );
    const bytes = seen.files.reduce((total, [, encoded]) => total + encoded, 0);
    console.info(`first contentful paint after ${Math.round(seen.paintMs)} ms, ${bytes} bytes loaded by then`);
    expect(seen.paintMs).toBeLessThan(SLOWEST_PAINT_MS);
    expect(seen.files.map(([name]) => name.replace(/-[A-Z0-9]{8}\./, '.')).sort()).toEqual([
      '/',
      '/dashboard/main.js',
      '/dashboard/style.css',
    ]);
    for (const [name, encoded, decoded] of seen.files) expect([name, encoded < decoded]).toEqual([name, true]);
  });
});
