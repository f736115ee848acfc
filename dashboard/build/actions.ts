import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import type { Page } from '../page.ts';
import { Confirm } from '../parts/confirm.ts';
import { hrefOf } from '../route.ts';
import { type Build, isOver } from './read-build.ts';

interface Props {
  readonly page: Page;
  readonly build: Build;
  readonly onDone: () => void;
}

/** What can be done with a build; what its key may not is there too, and says why it cannot be pressed. */
export function Actions({ page, build, onDone }: Props) {
  const [asked, setAsked] = useState<'cancel' | 'retry' | undefined>(undefined);
  const may = page.session.may('submit');
  const why = may ? undefined : 'This needs a key with the scope submit';
  const close = () => setAsked(undefined);
  return html`
    <div class="buttons">
      ${
        isOver(build)
          ? html`<button type="button" disabled=${!may} title=${why} onClick=${() => setAsked('retry')}>Retry</button>`
          : html`<button type="button" class="danger" disabled=${!may} title=${why} onClick=${() => setAsked('cancel')}>Cancel build</button>`
      }
    </div>
    ${asked === 'cancel' && html`<${CancelDialog} page=${page} build=${build} onDone=${onDone} onClose=${close} />`}
    ${asked === 'retry' && html`<${RetryDialog} page=${page} build=${build} onDone=${onDone} onClose=${close} />`}
  `;
}

type DialogProps = Props & { readonly onClose: () => void };

function CancelDialog({ page, build: { id, state, worker_name: worker }, onDone, onClose }: DialogProps) {
  const cancel = async () => {
    const answer = await page.api.ask('POST /api/builds/{id}/cancel', { path: { id } });
    if (!answer.ok) return answer.problem;
    page.announce('The build is cancelled');
    onDone();
    return undefined;
  };
  return html`<${Confirm} title="Cancel this build?" action="Cancel the build" isDangerous onConfirm=${cancel} onClose=${onClose}>
    <p>${state === 'pending' ? 'It leaves the queue.' : `${worker ?? 'Its worker'} stops at its next sign of life, and what it has made so far is not kept.`} This cannot be undone; it can be tried again as a new build.</p>
  <//>`;
}

function RetryDialog({ page, build: { id, labels, priority }, onDone, onClose }: DialogProps) {
  // A second press means that the first got no answer: that is no second build.
  const [idempotencyKey] = useState(newName);
  const retry = async () => {
    const answer = await page.api.ask('POST /api/builds/{id}/retry', { path: { id }, idempotencyKey });
    if (!answer.ok) return answer.problem;
    page.announce('Submitted again: this is the new build');
    onDone();
    location.hash = hrefOf({ view: 'build', id: answer.value.id });
    return undefined;
  };
  const kept = [labels.length > 0 && 'labels', priority > 0 && 'priority'].filter(Boolean).join(' and ');
  return html`<${Confirm} title="Build it once more?" action="Retry" onConfirm=${retry} onClose=${onClose}>
    <p>The same source is built again, as a new build${kept && `, with the same ${kept}`}. This one stays as it is.</p>
    <p class="small">A build that had signing material needs it again: <code>buildlatch retry ${id} --cert …</code></p>
  <//>`;
}

/** `randomUUID` is only there where the page came by https, or from this machine. */
const newName = () => crypto.getRandomValues(new Uint32Array(4)).join('-');
