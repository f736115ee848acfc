export const MASK = '[masked]';

/** Shorter ones would be found in innocent words. */
const MIN_KNOWN_LENGTH = 12;

/**
 * Tokens that show what they are. No expression here can be driven to quadratic time: every repetition is bounded or
 * followed by something that it cannot match itself, and none is nested in another.
 */
const TOKENS: readonly RegExp[] = [
  /\bgh[pousr]_[A-Za-z0-9]{20,255}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,255}/g,
  /\bglpat-[A-Za-z0-9_-]{16,64}/g,
  /\bnpm_[A-Za-z0-9]{30,64}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,255}/g,
  /\bhooks\.slack\.com\/services\/[A-Za-z0-9/]{20,100}/g,
  /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /\bexpo_[A-Za-z0-9_-]{20,100}/g,
  /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}/g,
];

/** Cheap to ask, and of most lines untrue: only then are the expressions tried. */
const MAY_HOLD_TOKEN =
  /gh[pousr]_|github_pat_|glpat-|npm_|AKIA|ASIA|xox[abeoprs]-|hooks\.slack|k_live_|k_test_|AIza|expo_|eyJ/;

/** `https://user:password@host`: the password goes. */
const IN_ADDRESS = /(:\/\/[^\s/:@]{0,100}:)[^\s/:@]{1,300}(?=@)/g;
const AUTHORIZATION = /\b(authorization["']?\s{0,3}[:=]\s{0,3}["']?(?:bearer|basic|token)\s{1,3})[^\s"',;]{6,4000}/gi;

/** `API_TOKEN=…`, `--password …`, `"secret": "…"`. The name stays, so that a person sees what was there. */
const NAMED =
  /((?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["']?)(\s{0,3}=\s{0,3}|\s{0,3}:\s{0,3}| )(["']?)([^\s"',;&<>()[\]{}]{4,4000})/gi;
const MAY_NAME = /passw|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization/i;

/** Words that follow such a name without being what it names. */
const INNOCENT = /^(?:\$|%|\*{3}|xxx|true|false|null|none|undefined|required|missing|invalid|empty|unset|your[_-])/i;

/**
 * What must not stay readable in a log, replaced: the secrets that are known, tokens that show what they are, and what
 * follows a name such as `password`. One line at a time, so that no secret waits for the next request to be found.
 *
 * @param known secrets of this build and project, as they are.
 */
export function maskSecrets(text: string, known: readonly string[]): string {
  let masked = text;
  for (const secret of known) {
    if (secret.length >= MIN_KNOWN_LENGTH) masked = masked.replaceAll(secret, MASK);
  }
  if (MAY_HOLD_TOKEN.test(masked)) {
    for (const token of TOKENS) masked = masked.replace(token, MASK);
  }
  if (masked.includes('@')) masked = masked.replace(IN_ADDRESS, `$1${MASK}`);
  if (!MAY_NAME.test(masked)) return masked;
  return masked.replace(AUTHORIZATION, `$1${MASK}`).replace(NAMED, maskNamed);
}

function maskNamed(all: string, name: string, sign: string, quote: string, value: string): string {
  if (INNOCENT.test(value)) return all;
  // After a blank or a colon there are as many sentences as secrets: “token: expired”, “password changed”.
  const isCertain = sign.includes('=') || quote !== '';
  return isCertain || looksRandom(value) ? name + sign + quote + MASK : all;
}

/** Letters and digits mixed, and long enough: what people and machines make secrets of. */
function looksRandom(value: string): boolean {
  return value.length >= 6 && /[0-9]/.test(value) && /[A-Za-z]/.test(value) && !/^[\w-]+\.\w{1,5}(:\d+)*$/.test(value);
}

const KEY_BEGINS = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/;
const KEY_ENDS = /-----END [A-Z ]{0,40}PRIVATE KEY-----/;
/** A full line of such a block; of two cases, so that no checksum in hex is taken for one. */
const KEY_LINE = /^(?=[^a-z]{0,75}[a-z])(?=[^A-Z]{0,75}[A-Z])[A-Za-z0-9+/]{64,76}={0,2}$/;
const KEY_REST = /^[A-Za-z0-9+/]{1,76}={0,2}$/;

/**
 * Private keys over several lines. A block's lines are known by where they stand, and full ones by their look too: the
 * next request begins in the middle of a block.
 */
export function privateKeyMask(): (text: string) => string {
  let isInside = false;
  return (text) => (text.includes('\n') ? text.split('\n').map(maskLine).join('\n') : maskLine(text));

  function maskLine(line: string): string {
    const content = line.trim();
    const begins = KEY_BEGINS.exec(line);
    if (begins) {
      const rest = line.slice(begins.index);
      isInside = !KEY_ENDS.test(rest);
      return line.slice(0, begins.index) + MASK;
    }
    if (KEY_ENDS.test(line)) {
      isInside = false;
      return MASK;
    }
    if (KEY_LINE.test(content)) return MASK;
    isInside &&= KEY_REST.test(content);
    return isInside ? MASK : line;
  }
}
