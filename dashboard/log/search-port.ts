import type { SearchAnswer, SearchDeps, SearchPort } from './search.ts';

interface Policy {
  createScriptURL(url: string): string;
}
interface TrustedTypes {
  createPolicy(name: string, rules: Policy): Policy;
}

let policy: Policy | undefined;

/**
 * The page's policy lets no text become the address of a script (`trusted-types` in `lib/runtime/page-reply.ts`), but what
 * this one name vouches for: files that lie beside this very module.
 */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (!trustedTypes) return address;
  policy ??= trustedTypes.createPolicy('own-worker', {
    createScriptURL: (url) => {
      if (new URL('.', url).href !== new URL('.', import.meta.url).href) throw new TypeError(`not ours: ${url}`);
      return url;
    },
  });
  return policy.createScriptURL(address);
}

/** Searches in a worker, which is loaded when something is searched for the first time. */
export const openSearchPort: SearchDeps['openPort'] = (onAnswer): SearchPort => {
  let worker: Worker | undefined;
  let isEnded = false;
  import('./search-worker.ts').then(
    ({ address }) => {
      if (isEnded) return;
      worker = new Worker(trusted(address), { type: 'module', name: 'log search' });
      worker.onmessage = ({ data }: MessageEvent<SearchAnswer>) => onAnswer(data);
      worker.onerror = () => onAnswer('failed');
    },
    // Its file has gone with an older version of the page, say.
    () => onAnswer('failed'),
  );
  return {
    post: (request) => worker?.postMessage(request),
    end: () => {
      isEnded = true;
      worker?.terminate();
    },
  };
};
