/** The addresses within the page: what stands behind the `#`. Nothing secret ever does. */
export type Route =
  | { readonly view: 'now' | 'workers' | 'queues' | 'settings' }
  | { readonly view: 'history'; readonly query: Readonly<Record<string, string>> }
  | { readonly view: 'build'; readonly id: string }
  | { readonly view: 'nowhere' };

const PLAIN = { '': 'now', workers: 'workers', queues: 'queues', settings: 'settings' } as const;
const isPlain = (name: string): name is keyof typeof PLAIN => Object.hasOwn(PLAIN, name);

/** Reads `#/builds/<id>`, `#/builds?state=failed`, `#/workers` …; what it does not know is `nowhere`. */
export function readRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [name = '', id, ...rest] = path.replace(/\/$/, '').split('/');
  if (name === 'builds' && rest.length === 0) {
    if (id === undefined) return { view: 'history', query: Object.fromEntries(new URLSearchParams(search)) };
    const decoded = decodedPart(id);
    return decoded === undefined ? { view: 'nowhere' } : { view: 'build', id: decoded };
  }
  return isPlain(name) && id === undefined ? { view: PLAIN[name] } : { view: 'nowhere' };
}

/** The other way round. Filters that are empty are left out. */
export function hrefOf(route: Exclude<Route, { view: 'nowhere' }>): string {
  switch (route.view) {
    case 'now':
      return '#/';
    case 'build':
      return `#/builds/${encodeURIComponent(route.id)}`;
    case 'history': {
      const given = Object.entries(route.query).filter(([, value]) => value !== '');
      const search = new URLSearchParams(given).toString();
      return search === '' ? '#/builds' : `#/builds?${search}`;
    }
    default:
      return `#/${route.view}`;
  }
}

function decodedPart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
