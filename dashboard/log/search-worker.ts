import { findMatches } from './find-matches.ts';
import type { SearchRequest } from './search.ts';

/**
 * Loaded twice: by the page, which needs only its address, and as a worker beside the page. There an expression that never
 * ends can be stopped, and does not stop the page.
 */
export const address: string = import.meta.url;

interface WorkerScope {
  postMessage(answer: unknown): void;
  onmessage: ((event: { readonly data: SearchRequest }) => void) | null;
}

if (!('document' in globalThis)) {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => scope.postMessage(findMatches(data));
  scope.postMessage('ready');
}
