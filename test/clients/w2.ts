import { CAPABILITIES, decode, jobOf, type Outcome, upload } from './swift-worker.ts';
import { exactly200, type Site, safeWord, send } from './wire.ts';

/** W2, a Mac app of three days: polls with key and token together, fetches the source with the token alone. */
export async function startW2(site: Site) {
  const key = { 'x-api-key': site.apiKey };
  const json = { name: 'Mac mini', capabilities: CAPABILITIES };
  const registered = await send('POST', `${site.url}/api/workers/register`, { headers: key, json });
  exactly200('register', registered);
  const id = safeWord('id', decode(registered).id);
  let token = safeWord('access_token', decode(registered).access_token);

  return {
    id,
    poll: async () => {
      const headers = { ...key, 'x-worker-token': token };
      const reply = await send('GET', `${site.url}/api/workers/poll?worker_id=${id}`, { headers });
      exactly200('poll', reply);
      const renewed = decode(reply).access_token;
      if (renewed !== undefined) token = safeWord('access_token', renewed);
      return jobOf(reply);
    },
    source: async (sourceUrl: string) => {
      const reply = await send('GET', `${site.url}${sourceUrl}`, { headers: { 'x-worker-token': token } });
      exactly200('source', reply);
      return reply.bytes;
    },
    upload: (buildId: string, outcome: Outcome) => upload(site, id, buildId, outcome),
    unregister: () => send('POST', `${site.url}/api/workers/${id}/unregister`, { headers: key }),
  };
}
