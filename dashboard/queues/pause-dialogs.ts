import { html } from 'htm/preact';
import type { Problem } from '../answer.ts';
import { platformName } from '../format.ts';
import type { Queue } from '../now/queue-notes.ts';
import type { Page } from '../page.ts';
import { Confirm } from '../parts/confirm.ts';

interface Props {
  readonly page: Page;
  readonly platform: Queue['platform'];
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Why is asked: whoever finds the queue standing has to know. */
export function PauseDialog({ page, platform, onDone, onClose }: Props) {
  async function run(form: FormData): Promise<Problem | undefined> {
    const body = { reason: String(form.get('reason') ?? '').trim() };
    const answer = await page.api.ask('POST /api/queues/{platform}/pause', { path: { platform }, body });
    if (!answer.ok) return answer.problem;
    page.announce(`${platformName(platform)} is paused`);
    onDone();
    return undefined;
  }
  return html`
    <${Confirm} title=${`Pause ${platformName(platform)}?`} action="Pause" onConfirm=${run} onClose=${onClose}>
      <p>No new builds are handed out until you resume. What runs goes on, and builds can be submitted all the while.</p>
      <div class="field">
        <label for="reason">Reason</label>
        <input id="reason" name="reason" required maxlength="200" autocomplete="off" placeholder="Xcode is being updated" />
      </div>
    <//>
  `;
}

export function ResumeDialog({ page, platform, onDone, onClose }: Props) {
  async function run(): Promise<Problem | undefined> {
    const answer = await page.api.ask('POST /api/queues/{platform}/resume', { path: { platform } });
    if (!answer.ok) return answer.problem;
    page.announce(`${platformName(platform)} goes on`);
    onDone();
    return undefined;
  }
  return html`
    <${Confirm} title=${`Resume ${platformName(platform)}?`} action="Resume" onConfirm=${run} onClose=${onClose}>
      <p>What waits is handed out again, within seconds.</p>
    <//>
  `;
}
