import { html } from 'htm/preact';
import type { Scope } from '../../lib/domain/api-key.ts';
import type { Problem } from '../answer.ts';
import type { Page } from '../page.ts';
import { Confirm } from '../parts/confirm.ts';

const MEANINGS: Readonly<Record<Scope, string>> = {
  read: 'see every build, log and result',
  submit: 'submit builds; see, cancel and retry those',
  work: 'register workers',
  'work-any': 'act as any worker, for workers of the old system',
  admin: 'everything, keys included',
};
const SCOPES = Object.keys(MEANINGS) as Scope[];

interface Props {
  readonly page: Page;
  /** The secret is known here and nowhere else. */
  readonly onMade: (name: string, secret: string) => void;
  readonly onClose: () => void;
}

export function CreateKey({ page, onMade, onClose }: Props) {
  async function run(form: FormData): Promise<Problem | undefined> {
    const answer = await page.api.ask('POST /api/keys', { body: wanted(form) });
    if (!answer.ok) return answer.problem;
    page.announce(`The key ${answer.value.name} is made`);
    onMade(answer.value.name, answer.value.key);
    return undefined;
  }
  return html`
    <${Confirm} title="Make a key" action="Make it" onConfirm=${run} onClose=${onClose}>
      <div class="field">
        <label for="name">What it is for</label>
        <input id="name" name="name" required maxlength="100" autocomplete="off" placeholder="nightly CI" />
      </div>
      <fieldset class="field">
        <legend class="label">It may</legend>
        ${SCOPES.map(
          (scope) => html`
            <label class="check"><input type="checkbox" name="scopes" value=${scope} defaultChecked=${scope === 'read'} /> <span><code>${scope}</code> <span class="small">${MEANINGS[scope]}</span></span></label>
          `,
        )}
      </fieldset>
      <div class="field">
        <label for="expires">Days until it ends</label>
        <input id="expires" name="expires" type="number" min="1" max="3650" placeholder="never" />
      </div>
    <//>
  `;
}

function wanted(form: FormData) {
  const scopes = SCOPES.filter((scope) => form.getAll('scopes').includes(scope));
  const days = Number(form.get('expires') || Number.NaN);
  return { name: String(form.get('name') ?? '').trim(), scopes, ...(days > 0 && { expires_days: days }) };
}
