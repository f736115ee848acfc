import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Problem } from '../answer.ts';
import { keepFocus } from './heading.ts';

interface Props {
  readonly title: string;
  /** What the button does, in a word or two. */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** Gets what the fields among `children` hold. A problem keeps the dialog open and is shown in it. */
  readonly onConfirm: (form: FormData) => Promise<Problem | undefined>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something is done. The browser's own dialog: it keeps the focus within, gives it back, and closes on Escape. */
export function Confirm({ title, action, isDangerous, onConfirm, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    const found = await onConfirm(new FormData(event.currentTarget as HTMLFormElement));
    setBusy(false);
    setProblem(found);
    if (!found) dialog.current?.close();
  }

  const close = () => {
    onClose();
    keepFocus();
  };
  return html`
    <dialog ref=${dialog} aria-labelledby=${id} onClose=${close}>
      <form onSubmit=${submit}>
        <h2 id=${id}>${title}</h2>
        <div class="dialog-body">${children}</div>
        <p class="problem" role="alert">${problem?.text}</p>
        <div class="buttons">
          <button type="button" onClick=${() => dialog.current?.close()}>Cancel</button>
          <button type="submit" class=${isDangerous ? 'primary danger' : 'primary'} disabled=${isBusy}>${action}</button>
        </div>
      </form>
    </dialog>
  `;
}
