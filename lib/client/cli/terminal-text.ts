// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about
const COLOUR = /\x1b\[[0-9;:]*m/g;
/** Controls but the tab, and what turns the direction of text: a log line must not be able to hide what it says. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const RESET = '\x1b[0m';

/** Text from elsewhere, fit for a terminal: colours may stay, every other control character is shown and not obeyed. */
export function safeForTerminal(text: string, mayColour: boolean): string {
  let coloured = false;
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(COLOUR)) {
    parts.push(showControls(text.slice(end, match.index)));
    if (mayColour) parts.push(match[0]);
    coloured ||= mayColour;
    end = match.index + match[0].length;
  }
  parts.push(showControls(text.slice(end)));
  return parts.join('') + (coloured ? RESET : '');
}

function showControls(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    // U+2400 and on are pictures of the C0 controls.
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
  });
}
