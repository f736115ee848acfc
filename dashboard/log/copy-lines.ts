import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { plural } from '../format.ts';
import type { Page } from '../page.ts';
import { Confirm } from '../parts/confirm.ts';
import { copyText } from '../parts/copy.ts';
import type { Range } from './log-list.ts';
import type { LogModel } from './log-model.ts';
import { logText } from './log-text.ts';

interface Props {
  readonly page: Page;
  readonly log: LogModel;
  readonly picked: Range | undefined;
  readonly onPick: (range: Range | undefined) => void;
}

const atOnce = () => Promise.resolve();

/** Copies the lines that were picked; without any it asks which. */
export function CopyLines({ page, log, picked, onPick }: Props) {
  const [isAsking, setAsking] = useState(false);
  const copy = async ({ from, to }: Range) => {
    const parts = await logText(log.lines, atOnce, from, to + 1);
    const isDone = await copyText(parts.join(''));
    page.announce(isDone ? `Copied ${plural(to + 1 - from, 'line')}` : 'The browser did not let the lines be copied');
    return undefined;
  };
  const copyAsked = (form: FormData) => {
    const [a, b] = ['from', 'to'].map((name) => Number(form.get(name)) - 1) as [number, number];
    const range = { from: Math.min(a, b), to: Math.max(a, b) };
    onPick(range);
    return copy(range);
  };
  const last = log.lines.length;
  return html`
    <button type="button" class="quiet" disabled=${last === 0} onClick=${() => (picked ? copy(picked) : setAsking(true))}>
      ${picked ? `Copy ${plural(picked.to + 1 - picked.from, 'line')}` : 'Copy lines …'}
    </button>
    ${picked && html`<button type="button" class="quiet" onClick=${() => onPick(undefined)}>Unpick</button>`}
    ${
      isAsking &&
      html`<${Confirm} title="Copy lines" action="Copy" onConfirm=${copyAsked} onClose=${() => setAsking(false)}>
        <div class="field"><label for="from">From line</label><input id="from" name="from" type="number" min="1" max=${last} value=${Math.max(1, last - 99)} required /></div>
        <div class="field"><label for="to">To line</label><input id="to" name="to" type="number" min="1" max=${last} value=${last} required /></div>
      <//>`
    }
  `;
}
