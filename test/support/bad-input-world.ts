import { expect } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { ACCESS, type Endpoint, type Rule } from '../../lib/runtime/access.ts';
import { startController } from './controller.ts';
import { faultOf, type RawRequest, rawRequest } from './raw-http.ts';

export const SHA256 = 'a'.repeat(64);

const OPEN = [
  // The page, which holds nothing of the project's.
  '/',
  '/dashboard/{file}',
  '/health',
  '/api/health',
  '/api/stats',
  '/public/stats',
  '/openapi.json',
  '/api/builds/{id}/authenticate',
  '/api/builds/{id}/vm-status',
  // Open to ids without a secret: its own tests say what they do.
  '/api/builds/{id}/telemetry',
];
export const ROUTES = FUNCTIONS.flatMap(({ trigger }) => (trigger.kind === 'http' ? trigger.routes : []))
  .filter((route) => route !== '$default')
  .map((route) => ({ route, method: route.split(' ')[0] ?? '', path: route.split(' ')[1] ?? '' }));
/** The line of the access table that a route is let in by. */
export const ruleOf = (route: string): Rule => {
  const found = FUNCTIONS.find(({ trigger }) => trigger.kind === 'http' && trigger.routes.includes(route));
  return ACCESS[(found?.file ?? '').slice('api/'.length) as Endpoint];
};
export const tokensOf = (route: string): readonly string[] => {
  const rule = ruleOf(route);
  return rule.for === 'holder' ? rule.tokens : [];
};
export const PROTECTED = ROUTES.filter(({ path }) => !OPEN.includes(path));

/** A request that must be refused, with a code that matches `codes` if it says so. */
export type BadRequest = RawRequest & { readonly codes?: RegExp };
export type BadInputWorld = Awaited<ReturnType<typeof startBadInputWorld>>;

/** A controller with one build that is being built, one that waits, and workers that may not touch either. */
export async function startBadInputWorld() {
  const controller = await startController({ formSizes: { MAX_SOURCE_BYTES: 4_000_000 } });
  const held = await controller.submit();
  const holder = await controller.register('holder');
  await controller.poll(holder);
  await controller.heartbeat(holder, held.id);
  const waiting = await controller.submit('android');
  const idle = await controller.register('idle');
  const expired = await controller.register('expired');
  await controller.tamperWorker(expired.id, { tokenExpiresAt: Date.now() - 1000 });

  const sorted = (item: object) => JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));

  /** All that could have been written: the whole table, and how many messages each queue holds. */
  async function everything() {
    const items = (await controller.items()).map(sorted).sort();
    const queues = (['ios', 'android', 'deadLetters'] as const).map((queue) => controller.depth(queue));
    return { items, queues: await Promise.all(queues) };
  }

  return {
    controller,
    holder,
    idle,
    expired,
    held,
    waiting,
    everything,
    close: controller.close,
    /** The key and the id of the worker that holds the build: with them, only the input can be wrong. */
    asKey: () => ({ ...controller.key, 'x-worker-id': holder.id }),
    pathOf: (path: string, id = held.id) =>
      path
        .replace('{id}', id)
        .replace('{worker_id}', holder.id)
        .replace('{platform}', 'ios')
        .replace('{upload_id}', `1-${'u'.repeat(21)}`),
    /** A body with which the route would do its work. */
    goodBody: (route: string): { body?: string } => {
      if (!route.startsWith('POST')) return {};
      const source = { platform: 'ios', size: 1, sha256: SHA256 };
      const build = { build_id: held.id, success: false, error: 'x' };
      const body = {
        ...source,
        ...build,
        name: 'x',
        capabilities: {},
        level: 'info',
        message: 'x',
        otp: 'x',
        type: 'heartbeat',
      };
      return { body: JSON.stringify(body) };
    },
    /** Sends all; each must be refused, and nothing may be written by any of them. */
    refuseAll: async (requests: readonly BadRequest[]): Promise<void> => {
      expect(requests.length).toBeGreaterThan(0);
      const before = await everything();
      const faults: string[] = [];
      for (const { codes = /./, ...request } of requests) {
        const answer = await rawRequest(controller.url, request);
        const code = answer.body?.['code'] ?? '';
        const fault = faultOf(answer) ?? (codes.test(code) ? undefined : `has the code ${code}, not ${codes}`);
        if (fault) faults.push(`${describeRequest(request)} ${fault}`);
      }
      expect(faults).toEqual([]);
      expect(await everything()).toEqual(before);
    },
  };
}

function describeRequest({ method, path, headers, body = '' }: RawRequest): string {
  const short = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…(${text.length})` : text);
  return `${method} ${short(path)} ${short(JSON.stringify(headers ?? {}))} ${short(body.toString())}`;
}
