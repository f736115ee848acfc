import { CAPABILITIES, decode, jobOf, type Outcome, upload } from './swift-worker.ts';
import { exactly200, type Site, safeWord, send } from './wire.ts';

/** W1, the first Mac app: knows no token; the key and its id with everything. */
export async function startW1(site: Site) {
  const key = { 'x-api-key': site.apiKey };
  const json = { name: 'Mac mini', capabilities: CAPABILITIES };
  const registered = await send('POST', `${site.url}/api/workers/register`, { headers: key, json });
  exactly200('register', registered);
  const id = safeWord('id', decode(registered).id);

  return {
    id,
    poll: async () => {
      const reply = await send('GET', `${site.url}/api/workers/poll?worker_id=${id}`, { headers: key });
      exactly200('poll', reply);
      return jobOf(reply);
    },
    source: async (sourceUrl: string) => {
      const reply = await send('GET', `${site.url}${sourceUrl}`, { headers: { ...key, 'x-worker-id': id } });
      exactly200('source', reply);
      return reply.bytes;
    },
    upload: (buildId: string, outcome: Outcome) => upload(site, id, buildId, outcome),
    /** When it stops; what is answered is ignored. */
    unregister: () => send('POST', `${site.url}/api/workers/${id}/unregister`, { headers: key }),
  };
}
