import type { BuildStatus, DownloadedFile } from '../scripting/contract.ts';

export interface Summarized {
  readonly url: string;
  readonly status: BuildStatus;
  readonly file: DownloadedFile | undefined;
  /** The last lines of its log. */
  readonly tail: readonly string[];
}

/** GitHub takes 1 MiB of a step, and refuses all of what is larger; one of them may become six. */
const MAX_TAIL_CHARACTERS = 10_000;

export function stepSummary({ url, status, file, tail }: Summarized): string {
  const { id, state, platform, attempt, max_attempts, error_message } = status;
  const { queueSeconds, buildSeconds } = durations(status);
  const rows: [string, string | undefined][] = [
    ['Build', `<a href="${html(url)}">${html(id)}</a>`],
    ['State', `${state === 'completed' ? '✅' : '❌'} ${html(state)}`],
    ['Platform', html(platform)],
    ['Why', state === 'completed' || error_message === null ? undefined : html(error_message).replaceAll(/\s+/g, ' ')],
    ['Attempt', `${attempt} of ${max_attempts}`],
    ['Waited', seconds(queueSeconds)],
    ['Built', seconds(buildSeconds)],
    ['Result', file && `<code>${html(file.path)}</code>, ${file.size} bytes`],
    ['SHA-256', file && `<code>${file.sha256}</code>`],
  ];
  const cells = rows.flatMap(([name, value]) =>
    value ? `<tr><th align="left">${name}</th><td>${value}</td></tr>` : [],
  );
  // HTML, in which a name or a reason from elsewhere can be made plain text; Markdown has no way that always works.
  return `<h3>Buildlatch</h3>\n<table>\n${cells.join('\n')}\n</table>\n${state === 'completed' ? '' : logTail(tail)}\n`;
}

function logTail(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const text = html(lines.join('\n').slice(-MAX_TAIL_CHARACTERS));
  // An empty line would end the block of HTML.
  const whole = text.replaceAll(/\n(?=\s*\n)/g, '\n&#8203;');
  return `<details><summary>The end of its log</summary>\n<pre>${whole}</pre>\n</details>\n`;
}

export function durations({ submitted_at, started_at, completed_at }: BuildStatus) {
  const between = (from: number | null, to: number | null) =>
    from === null || to === null ? undefined : Math.max(0, Math.round((to - from) / 1000));
  return {
    queueSeconds: between(submitted_at, started_at ?? completed_at),
    buildSeconds: between(started_at, completed_at),
  };
}

const seconds = (value: number | undefined) => (value === undefined ? undefined : `${value} s`);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const html = (text: string) =>
  text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '').replaceAll(/[\p{Cc}--[\n\t]]/gv, '\ufffd');
