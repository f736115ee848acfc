import { any2xx, file, form, type Reply, type Site, send } from './wire.ts';

export interface MockJob {
  readonly id: string;
  readonly source_url: string;
  readonly certs_url?: string | null;
}

/** What the two mock workers of the upstream's tests have in common; they differ in what they show. */
export async function startMockWorker(
  site: Site,
  platform: 'ios' | 'android',
  shows: { poll: Headers; download: Headers; upload: Headers },
) {
  const key = { 'x-api-key': site.apiKey };
  const json = { name: 'mock', capabilities: { platforms: [platform], gradle_version: '8.3' } };
  const registered = await send('POST', `${site.url}/api/workers/register`, { headers: key, json });
  any2xx('register', registered);
  const { id, access_token } = JSON.parse(registered.text);
  let token: string | undefined = access_token;
  const as = (headers: Headers) => headers({ id, key, token: token ?? '' });

  /** An address of its own host or of another. */
  const fetchFile = async (url: string): Promise<Reply> => {
    const reply = await send('GET', new URL(url, site.url).href, { headers: as(shows.download) });
    any2xx('download', reply);
    return reply;
  };

  return {
    id: id as string,
    poll: async (): Promise<MockJob | null> => {
      const reply = await send('GET', `${site.url}/api/workers/poll?worker_id=${id}`, { headers: as(shows.poll) });
      any2xx('poll', reply);
      const { job, access_token: renewed } = JSON.parse(reply.text);
      if (renewed !== undefined) token = renewed;
      return job;
    },
    source: (job: MockJob) => fetchFile(job.source_url),
    certs: (job: MockJob) => (job.certs_url ? fetchFile(job.certs_url) : undefined),
    /** The file goes before the fields that say whose it is. */
    upload: async (buildId: string, result: Buffer) => {
      const body = form([
        ['result', file(result, `${buildId}.ipa`)],
        ['build_id', buildId],
        ['worker_id', id],
        ['success', 'true'],
      ]);
      const reply = await send('POST', `${site.url}/api/workers/upload`, { headers: as(shows.upload), body });
      any2xx('upload', reply);
      return JSON.parse(reply.text);
    },
  };
}

type Headers = (own: { id: string; key: Record<string, string>; token: string }) => Record<string, string>;
