import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Child } from './children.ts';
import { DemoFailure, REPOSITORY, type Stage } from './stage.ts';

export interface Controller {
  readonly url: string;
  readonly apiKey: string;
  readonly child: Child;
}

const LISTENING = /^Buildlatch listening on (http:\S+)/;
const TAIL_LINES = 40;

/** `npm start` on a free port. What it says last is kept in `tail`. */
export async function startController(
  stage: Stage,
  tail: string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Controller> {
  const apiKey = randomBytes(32).toString('base64url');
  let listening = (_url: string) => {};
  const ready = new Promise<string>((resolve) => {
    listening = resolve;
  });
  const keep = (line: string) => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
  };
  const child = stage.children.start({
    args: [join(REPOSITORY, 'infra/local/start.ts')],
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: join(stage.folder, 'data'),
      CONTROLLER_API_KEY: apiKey,
      ...settings,
    },
    onLine: (line) => {
      const url = LISTENING.exec(line)?.[1];
      if (url !== undefined) listening(url);
      // Requests are most of it, and least of what one wants to read after a failure.
      if (!line.includes('"status":20')) keep(line);
      stage.history.addController(line);
    },
    onErrorLine: keep,
  });
  const url = await Promise.race([ready, child.ended.then((code) => Promise.reject(endedEarly(code)))]);
  return { url, apiKey, child };
}

function endedEarly(code: number | null): DemoFailure {
  return new DemoFailure(`the controller ended with ${code ?? 'a signal'}`);
}
