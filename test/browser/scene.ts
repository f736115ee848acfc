import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { bundleDashboard } from '../../infra/bundle-dashboard.ts';
import { type Agent, createAgent } from '../../lib/client/agent/agent.ts';
import type { AgentEvent } from '../../lib/client/agent/events.ts';
import { systemClock } from '../../lib/client/clock.ts';
import { makeZip } from '../support/client-zip.ts';
import { startController } from '../support/controller.ts';
import { launch } from './browser.ts';

export type Scene = Awaited<ReturnType<typeof startScene>>;

interface AgentSpec {
  readonly name: string;
  readonly platforms?: ('ios' | 'android')[];
  readonly labels?: string[];
}

/** A controller with the page as it is now, workers that really build, and a browser. Nothing moves by itself but they. */
export async function startScene() {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-browser-'));
  const pageFolder = join(folder, 'page');
  const files = await bundleDashboard(pageFolder);
  const controller = await startController({ settings: { PAGE_FOLDER: pageFolder } });
  const browser: Browser = await launch();
  const agents: { agent: Agent; done: Promise<unknown> }[] = [];
  const gate = join(folder, 'gate');

  /** A worker as `buildlatch worker` is one. */
  function work({ name, platforms = ['ios'], labels = [] }: AgentSpec): AgentEvent[] {
    const events: AgentEvent[] = [];
    const agent = createAgent({
      baseUrl: controller.url,
      clock: systemClock,
      random: Math.random,
      worker: { name, platforms, labels, apiKey: controller.apiKey },
      workDir: join(folder, 'work', String(agents.length)),
      isOnce: false,
      overrides: {},
      env: { PATH: process.env['PATH'] },
      heartbeatMs: 1_000,
      emit: (event) => events.push(event),
    });
    agents.push({ agent, done: agent.run() });
    return events;
  }

  /** A build that says something and goes on until `release`. */
  async function submit(platform: 'ios' | 'android' = 'ios', more: Readonly<Record<string, string>> = {}) {
    const command = `echo begun; while [ ! -e "${gate}" ]; do sleep 0.1; done; echo done > out.txt`;
    const source = makeZip([
      { name: 'buildlatch.json', data: JSON.stringify({ command, artifact: 'out.txt' }) },
      // Two submits of the same bytes are one.
      { name: 'salt', data: crypto.randomUUID() },
    ]);
    const form = new FormData();
    form.append('platform', platform);
    for (const [name, value] of Object.entries(more)) form.append(name, value);
    form.append('source', new Blob([new Uint8Array(source)]), 'project.zip');
    const { status, body } = await controller.request('POST', '/api/builds', { headers: controller.key, body: form });
    if (status !== 201) throw new Error(`submit answered ${status}: ${JSON.stringify(body)}`);
    return String(body.id);
  }

  async function newKey(...scopes: string[]): Promise<string> {
    const json = { name: `${scopes.join(' and ')} for tests`, scopes };
    return (await controller.request('POST', '/api/keys', { headers: controller.key, json })).body.key;
  }

  return {
    ...controller,
    browser,
    files,
    folder,
    work,
    submit,
    newKey,
    /** Lets all builds end. */
    release: () => writeFile(gate, ''),
    close: async () => {
      for (const { agent } of agents) {
        agent.interrupt();
        agent.interrupt();
      }
      await Promise.all(agents.map(({ done }) => done));
      await browser.close();
      await controller.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
