import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeZip, type ZipEntry } from '../support/client-zip.ts';
import { type ControllerProcess, startControllerProcess } from '../support/fault-process.ts';
import { type Network, startNetwork } from './network.ts';

const CLI = fileURLToPath(new URL('../../lib/client/cli/main.ts', import.meta.url));

/** Short, so that "twice a lease" is seconds. A heartbeat is due three times in it. */
export const LEASE_SECONDS = 8;
const GIVE_UP_MS = 240_000;

/** A trial that needs what this machine does not let it have; its message says what. */
export class CannotRunHere extends Error {}

interface Said {
  readonly event: string;
  readonly build_id?: string;
  readonly attempt?: number;
  readonly [field: string]: unknown;
}

interface AgentProcess {
  readonly pid: number;
  readonly workDir: string;
  readonly said: readonly Said[];
  readonly ended: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the first event that fits, from the beginning. */
  saw(what: string, fits?: (said: Said) => boolean): Promise<Said>;
}

export interface Stage {
  readonly folder: string;
  readonly network: Network;
  readonly controller: () => ControllerProcess;
  /** The controller as it would be after a restart; `more` are settings besides. */
  startController(more?: Readonly<Record<string, string>>): Promise<ControllerProcess>;
  submit(command: string, files?: readonly ZipEntry[]): Promise<string>;
  /** `wrap`: a shell command that ends with `exec "$@"`. */
  agent(name: string, flags?: readonly string[], wrap?: string): Promise<AgentProcess>;
  until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T>;
  state(
    id: string,
  ): Promise<{ state: string; attempt: number; worker_id: string | null; error_message: string | null }>;
  lines(id: string): Promise<string[]>;
}

/** A controller process with its data, a network to it that can be cut, and agents that are processes of their own. */
export async function onStage<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-agent-'));
  const apiKey = randomBytes(32).toString('base64url');
  const agents: ChildProcess[] = [];
  let controller: ControllerProcess | undefined;
  const running = () => {
    if (!controller) throw new Error('the controller has not been started');
    return controller;
  };
  const network = await startNetwork(() => running().http.url);
  const startController = async (more: Readonly<Record<string, string>> = {}) => {
    const own = { PUBLIC_URL: network.url, LEASE_SECONDS: String(LEASE_SECONDS), ...more };
    controller = await startControllerProcess(join(folder, 'data'), apiKey, own);
    return controller;
  };
  const until: Stage['until'] = async (what, look) => {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (;;) {
      const found = await look();
      if (found) return found;
      if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
      await wait(50);
    }
  };
  const state: Stage['state'] = (id) => running().http.status(id);
  const stage: Stage = {
    folder,
    network,
    controller: running,
    startController,
    until,
    state,
    submit: async (command, files = []) => {
      const project = { name: 'buildlatch.json', data: JSON.stringify({ command, artifact: 'out.txt' }) };
      return (await running().http.submit('ios', Buffer.from(makeZip([project, ...files])))).id;
    },
    lines: async (id) => {
      const { http } = running();
      // A long log takes a busy machine longer than a function has.
      const { body } = await until('the log', async () => {
        const answer = await http.request('GET', `/api/builds/${id}/logs`, { headers: http.key });
        return answer.status === 200 && answer;
      });
      return body.logs.map(({ message }: { message: string }) => message);
    },
    agent: async (name, flags = [], wrap = 'exec "$@"') => {
      const workDir = join(folder, `work-${name}`);
      const command = [
        process.execPath,
        CLI,
        'worker',
        '--json',
        '--name',
        name,
        '--platform',
        'ios',
        '--work-dir',
        workDir,
      ];
      const { PATH = '' } = process.env;
      const env = { PATH, HOME: folder, BUILDLATCH_URL: network.url, BUILDLATCH_API_KEY: apiKey };
      const args = ['-c', wrap, 'sh', ...command, '--min-free-disk', '0', ...flags];
      const child = spawn('sh', args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
      agents.push(child);
      return followed(child, workDir, until);
    },
  };
  try {
    await startController();
    return await play(stage);
  } finally {
    for (const child of agents) child.kill('SIGKILL');
    controller?.signal('SIGKILL');
    await controller?.ended;
    await network.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function followed(child: ChildProcess, workDir: string, until: Stage['until']): AgentProcess {
  const said: Said[] = [];
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  // After 'close' no line of its output comes any more.
  let leftWith: string | undefined;
  child.once('close', (code, signal) => {
    leftWith = `the agent left with ${code ?? signal}`;
  });
  return {
    pid: child.pid ?? 0,
    workDir,
    said,
    ended,
    signal: (name) => void child.kill(name),
    saw: (what, fits = () => true) =>
      until(`the agent's ${what}`, async () => {
        const found = said.find((each) => each.event === what && fits(each));
        if (!found && leftWith) throw new Error(`${what} cannot come: ${leftWith}`);
        return found;
      }).catch((error) => {
        throw new Error(`${error.message}; it said: ${said.map((each) => JSON.stringify(each)).join(' ')}`);
      }),
  };
}

/** A zombie is none: in a container nobody may be there to collect it. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
}

/** Says what was wrong; a trial that finds something wrong has failed. */
export function holds(what: string, isSo: boolean): void {
  if (!isSo) throw new Error(`does not hold: ${what}`);
}
