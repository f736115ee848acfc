import { describe, expect, it } from 'vitest';
import { createScreen } from '../../lib/client/cli/screen.ts';
import { durationText, transferProgress } from '../../lib/client/cli/transfer-progress.ts';
import { manualClock } from '../support/client-clock.ts';

function watched({ isTTY = false, isJson = false }) {
  let written = '';
  const clock = manualClock();
  const stderr = { write: (text: string) => (written += text), isTTY };
  const stdout = { write: () => {} };
  const io = { stdin: process.stdin, stdout, stderr, clock, env: {}, cwd: '/', random: () => 0, onInterrupt: () => {} };
  const settings = {
    baseUrl: 'http://x',
    isUrlOfProject: false,
    isUrlDefault: false,
    apiKey: undefined,
    buildToken: undefined,
  };
  const { signal } = new AbortController();
  const context = { io, screen: createScreen(stdout, stderr, {}), settings, isJson, signal };
  return { show: transferProgress(context, 'Uploading'), clock, written: () => written };
}

describe('the progress of a transfer', () => {
  it('is a bar with rate and time left on a terminal, drawn ten times a second at most', async () => {
    const { show, clock, written } = watched({ isTTY: true });
    show(0, 4_000_000);
    await clock.advance(99);
    show(1_000, 4_000_000);
    expect(written()).toBe('\r\x1b[KUploading [                    ]   0 %  0.0 kB of 4.0 MB');
    await clock.advance(1_901);
    show(1_000_000, 4_000_000);
    expect(written().split('\r\x1b[K').at(-1)).toBe(
      'Uploading [=====               ]  25 %  1.0 MB of 4.0 MB, 0.5 MB/s, 0:06 left',
    );
  });

  it('counts what had arrived before a break as done, and not as sent now', async () => {
    const { show, clock, written } = watched({ isTTY: true });
    show(2_000_000, 4_000_000);
    await clock.advance(2_000);
    show(2_200_000, 4_000_000);
    expect(written()).toMatch(/55 % {2}2\.2 MB of 4\.0 MB, 0\.1 MB\/s, 0:18 left$/);
  });

  it('is a line each ten seconds elsewhere, and nothing for what takes less', async () => {
    const { show, clock, written } = watched({});
    show(0, 4_000_000);
    await clock.advance(9_999);
    show(1_000_000, 4_000_000);
    expect(written()).toBe('');
    await clock.advance(1);
    show(2_000_000, 4_000_000);
    expect(written()).toBe('Uploading  50 %  2.0 MB of 4.0 MB, 0.2 MB/s, 0:10 left\n');
  });

  it('is not mixed into the output of who wants JSON', async () => {
    const { show, clock, written } = watched({ isJson: true });
    await clock.advance(20_000);
    show(2_000_000, 4_000_000);
    expect(written()).toBe('');
  });
});

it.each([
  [0, '0:00'],
  [6_400, '0:07'],
  [750_000, '12:30'],
  [3_723_000, '1:02:03'],
])('%i ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
