import { CAPABILITIES, decode, type Job, jobOf, upload } from './swift-worker.ts';
import { ClientGaveUp, exactly200, type Site, safeWord, send } from './wire.ts';

/** What happens in the virtual machine while W3 looks after it. */
export interface Machine {
  readonly boot: () => Promise<void>;
  readonly buildMs: number;
  readonly finish: () => Promise<void>;
  readonly kill?: () => void;
}

const READY_WITHIN_POLLS = 150;
const READY_EVERY_MS = 2_000;
const BEAT_EVERY_MS = 20_000;

/** W3, the last Mac app: polls with its token alone, and not while it builds; ends a build whose heartbeat is not a 200. */
export async function startW3(site: Site, known: { id?: string } = {}) {
  const key = { 'x-api-key': site.apiKey };
  let { id } = known;
  let token = '';
  await register();

  async function register(): Promise<void> {
    const json = {
      name: 'Mac studio',
      capabilities: CAPABILITIES,
      active_build_count: 0,
      publicIdentifier: 'mac-studio.local',
      ...(id !== undefined && { id }),
    };
    const reply = await send('POST', `${site.url}/api/workers/register`, { headers: key, json });
    exactly200('register', reply);
    id = safeWord('id', decode(reply).id);
    token = safeWord('access_token', decode(reply).access_token);
  }

  /** One poll; a token that is not taken is replaced by registering again, an id that is not known is forgotten. */
  async function poll(): Promise<Job | undefined> {
    const reply = await send('GET', `${site.url}/api/workers/poll`, { headers: { 'x-worker-token': token } });
    if (reply.status === 204) return undefined;
    if (reply.status === 401 || reply.status === 404) {
      if (reply.status === 404) id = undefined;
      await register();
      return undefined;
    }
    exactly200('poll', reply);
    const renewed = decode(reply).access_token;
    if (renewed !== undefined) token = safeWord('access_token', renewed);
    const job = jobOf(reply);
    // Its decoder has no job without one.
    if (job) safeWord('job.otp', job.otp);
    return job;
  }

  async function vmToken(buildId: string): Promise<string> {
    for (let polls = 0; polls < READY_WITHIN_POLLS; polls++) {
      const reply = await send('GET', `${site.url}/api/builds/${buildId}/vm-status`);
      if (reply.status === 404) throw new ClientGaveUp('vm-status answered 404');
      const ready = reply.status === 200 ? decode(reply) : {};
      if (ready.vm_ready === true) return safeWord('vm_token', ready.vm_token);
      await site.pause(READY_EVERY_MS);
    }
    throw new ClientGaveUp('the virtual machine did not become ready');
  }

  async function beat(buildId: string, vm: string): Promise<void> {
    const headers = { 'x-vm-token': vm };
    const path = `/api/builds/${buildId}/heartbeat?worker_id=${id}`;
    exactly200('heartbeat', await send('POST', `${site.url}${path}`, { headers, json: {} }));
  }

  /** Runs a job to its end. Success is reported without a file: the machine has delivered it. */
  async function run(job: Job, machine: Machine): Promise<void> {
    try {
      await machine.boot();
      const vm = await vmToken(job.id);
      for (let ms = 0; ms < machine.buildMs; ms += BEAT_EVERY_MS) {
        await beat(job.id, vm);
        await site.pause(BEAT_EVERY_MS);
      }
      await machine.finish();
      await upload(site, id ?? '', job.id, {});
    } catch (error) {
      if (!(error instanceof ClientGaveUp)) throw error;
      machine.kill?.();
      await upload(site, id ?? '', job.id, { error: error.message });
      throw error;
    }
  }

  return {
    id: () => id,
    token: () => token,
    poll,
    run,
    vmToken,
    beat,
    /** Both credentials, no body. An app without a configured key sends the header all the same, empty. */
    unregister: async (shownKey = site.apiKey) => {
      const headers = { 'x-worker-token': token, 'x-api-key': shownKey };
      const reply = await send('POST', `${site.url}/api/workers/unregister`, { headers });
      exactly200('unregister', reply);
      return decode(reply);
    },
    abandon: async (buildId: string) => {
      const json = { build_id: buildId, worker_id: id, reason: 'worker is shutting down' };
      const headers = { 'x-worker-token': token };
      exactly200('abandon', await send('POST', `${site.url}/api/workers/abandon`, { headers, json }));
    },
  };
}
