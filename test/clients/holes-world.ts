import { setTimeout as delay } from 'node:timers/promises';
import { aProject, openSite, type TestSite } from './site.ts';
import { file, form, type Reply, type Site, send } from './wire.ts';

export type HolesWorld = Awaited<ReturnType<typeof openHolesWorld>>;

/**
 * This controller; or, with HOLES_URL and HOLES_KEY, whichever one runs there: a hole's test must have been red against a
 * controller that has the hole. Time must really pass there, or HOLES_SPEED times as fast where its periods are that short.
 */
export const FOREIGN_URL = process.env['HOLES_URL'];

export async function openHolesWorld() {
  const own: TestSite | undefined = FOREIGN_URL === undefined ? await openSite() : undefined;
  const site: Site = own ?? foreignSite(FOREIGN_URL ?? '');
  const key = { 'x-api-key': site.apiKey };
  const call = (method: string, path: string, options: Parameters<typeof send>[2] = {}) =>
    send(method, `${site.url}${path}`, options);

  /** The oldest client's calls, which every controller knows: the key, and ids beside it. */
  async function submit(platform: 'ios' | 'android' = 'ios', source = aProject()) {
    const body = form([
      ['source', file(source, 'project.tar.gz', 'application/gzip')],
      ['platform', platform],
    ]);
    const made = json(await call('POST', '/api/builds/submit', { headers: key, body }));
    return { id: made.id as string, token: made.access_token as string, source };
  }

  async function register(platform: 'ios' | 'android' = 'ios') {
    const registration = { name: 'mac', capabilities: { platforms: [platform] } };
    const made = json(await call('POST', '/api/workers/register', { headers: key, json: registration }));
    return { id: made.id as string, token: made.access_token as string | undefined };
  }

  async function pollJob(workerId: string): Promise<{ id: string; otp: string } | undefined> {
    const { job } = json(await call('GET', `/api/workers/poll?worker_id=${workerId}`, { headers: key }));
    return job ?? undefined;
  }

  /** The id of the build that it is given. */
  const poll = async (workerId: string) => (await pollJob(workerId))?.id;

  const upload = (workerId: string, buildId: string, outcome: 'result' | 'success' | 'failure') => {
    const fields = form([
      ['build_id', buildId],
      ['worker_id', workerId],
      ['success', outcome === 'failure' ? 'false' : 'true'],
    ]);
    if (outcome === 'result') fields.append('result', file(aProject(), 'app.ipa'));
    return call('POST', '/api/workers/upload', { headers: key, body: fields });
  };

  /** With both credentials: the controllers before this one differed in which they took. */
  const status = async ({ id, token }: { id: string; token: string }): Promise<string> => {
    const headers = { ...key, 'x-build-token': token };
    return json(await call('GET', `/api/builds/${id}/status`, { headers })).status;
  };

  /** A build of its own, held by a worker of its own. */
  async function assigned() {
    const build = await submit();
    const worker = await register();
    const given = await pollJob(worker.id);
    if (given?.id !== build.id) throw new Error(`given ${given?.id}, not ${build.id}`);
    return { build, worker, otp: given.otp };
  }

  return {
    ...site,
    /** What stands behind this controller: to look at, where an answer does not show the hole. */
    own,
    key,
    call,
    submit,
    register,
    poll,
    cancel: (id: string) => call('POST', `/api/builds/${id}/cancel`, { headers: key, json: {} }),
    upload,
    status,
    assigned,
    close: async () => own?.close(),
  };
}

export const json = ({ text }: Reply) => JSON.parse(text);

function foreignSite(url: string): Site {
  const speed = Number(process.env['HOLES_SPEED'] ?? 1);
  const pause = (ms: number) => delay(ms / speed);
  return { url, apiKey: process.env['HOLES_KEY'] ?? '', pause, patience: AbortSignal.timeout };
}
