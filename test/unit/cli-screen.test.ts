import { expect, it } from 'vitest';
import { createScreen } from '../../lib/client/cli/screen.ts';

const RED = '\x1b[31mred\x1b[0m';
const SHOWN = '\x1b[31mred\x1b[0m\x1b[0m\n';

function shown(isTTY: boolean, env: NodeJS.ProcessEnv) {
  let out = '';
  let err = '';
  const screen = createScreen(
    { write: (text) => (out += text), isTTY },
    { write: (text) => (err += text), isTTY },
    env,
  );
  screen.note(RED);
  const note = err;
  err = '';
  screen.data(RED);
  screen.progress('half');
  return { note, data: out, progress: err };
}

it.each<[string, boolean, NodeJS.ProcessEnv, { note: string; data: string; progress: string }]>([
  ['on a terminal', true, {}, { note: SHOWN, data: SHOWN, progress: '\r\x1b[Khalf' }],
  ['elsewhere', false, {}, { note: 'red\n', data: `${RED}\n`, progress: '' }],
  ['with NO_COLOR', true, { NO_COLOR: '1' }, { note: 'red\n', data: 'red\n', progress: '\r\x1b[Khalf' }],
  ['with an empty NO_COLOR', true, { NO_COLOR: '' }, { note: SHOWN, data: SHOWN, progress: '\r\x1b[Khalf' }],
  ['with FORCE_COLOR', false, { FORCE_COLOR: '1' }, { note: SHOWN, data: `${RED}\n`, progress: '' }],
  ['with FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, { note: 'red\n', data: 'red\n', progress: '\r\x1b[Khalf' }],
  ['with TERM=dumb', true, { TERM: 'dumb' }, { note: 'red\n', data: 'red\n', progress: '' }],
  ['in CI', true, { CI: 'true' }, { note: SHOWN, data: SHOWN, progress: '' }],
])('%s: colours, and lines that replace themselves', (_where, isTTY, env, expected) => {
  expect(shown(isTTY, env)).toEqual(expected);
});

it('several lines replace themselves, each cut to the width, and go away before anything else is said', () => {
  let err = '';
  const stderr = { write: (text: string) => (err += text), isTTY: true, columns: 11, rows: 4 };
  const screen = createScreen({ write: () => {} }, stderr, {});
  screen.paint(['one', '0123456789ABC', '\x1b[31mred\x1b[0m\t\x1b[2J', 'below the screen']);
  expect(err).toBe('\r\x1b[Kone\n0123456789\nred  \u241b[2J');
  err = '';
  screen.paint(['only', '界界界界界界']);
  expect(err).toBe('\r\x1b[K\x1b[1A\x1b[K\x1b[1A\x1b[Konly\n界界界界界');
  err = '';
  screen.note('note');
  expect(err).toBe('\r\x1b[K\x1b[1A\x1b[Knote\n');
  err = '';
  screen.paint([]);
  expect(err).toBe('');
});
