/** The part of V8's `.cpuprofile` that is used here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function under those that called it; times in µs. */
export interface Frame {
  readonly name: string;
  /** Whose code it is: a folder of ours, a package, `node`. */
  readonly owner: string;
  readonly total: number;
  readonly own: number;
  readonly children: readonly Frame[];
}

const IDLE = new Set(['(idle)', '(program)']);

/** The profile as a tree, equal functions under equal callers taken together, without the time in which nothing ran. */
export function treeOf({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = new Map<number, number>();
  for (const [index, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  const [root] = nodes;
  if (!root) throw new Error('the profile is empty');
  return merged('(all)', 'node', [root.id]);

  function merged(name: string, owner: string, ids: readonly number[]): Frame {
    const groups = new Map<string, { name: string; owner: string; ids: number[] }>();
    for (const id of ids.flatMap((each) => byId.get(each)?.children ?? [])) {
      const frame = byId.get(id)?.callFrame;
      if (!frame || IDLE.has(frame.functionName)) continue;
      const who = { name: frame.functionName || '(anonymous)', owner: ownerOf(frame.url, frame.functionName) };
      const key = `${who.name} ${who.owner}`;
      const group = groups.get(key) ?? { ...who, ids: [] };
      group.ids.push(id);
      groups.set(key, group);
    }
    const children = [...groups.values()].map((group) => merged(group.name, group.owner, group.ids));
    const self = ids.reduce((sum, id) => sum + (own.get(id) ?? 0), 0);
    const total = children.reduce((sum, child) => sum + child.total, self);
    return { name, owner, total, own: self, children: children.sort((a, b) => b.total - a.total) };
  }
}

export function ownerOf(url: string, functionName: string): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  const packageName = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (packageName !== undefined) return packageName.replace(/^@(aws-sdk|smithy|aws)\/.*/, 'the SDK');
  if (url === '' || url.startsWith('node:')) return 'node';
  return /\/(lib\/\w+|functions)\//.exec(url)?.[1] ?? 'the bench';
}

/** Share of the time by whose code it is, the largest first. */
export function sharesOf(tree: Frame): [owner: string, share: number][] {
  const sums = new Map<string, number>();
  const add = ({ owner, own, children }: Frame) => {
    sums.set(owner, (sums.get(owner) ?? 0) + own);
    for (const child of children) add(child);
  };
  add(tree);
  return [...sums].map(([owner, sum]): [string, number] => [owner, sum / tree.total]).sort((a, b) => b[1] - a[1]);
}
