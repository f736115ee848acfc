import * as z from 'zod/mini';
import { BuildList, Upload, WorkerList, type WorkerListItem } from '../answers.ts';
import { DeadLetters, Queues } from '../queue-answers.ts';
import { ApiError, hasCode, hasStatus, Unreachable } from '../api-error.ts';
import { answered } from '../request.ts';
import { resolveAnswerUrl } from '../urls.ts';
import type { CommandContext } from './context.ts';
import { type Asked, asker } from './doctor-ask.ts';

export interface Finding {
  readonly check: string;
  /** `skip`: it could not be looked at; a fault is counted only where one was seen. */
  readonly mark: 'ok' | 'warn' | 'fail' | 'skip';
  readonly says: string;
  /** What to do about it. */
  readonly todo?: string;
}

const Health = z.object({ status: z.string(), queue: z.object({ pending: z.number(), active: z.number() }) });
const Description = z.object({ info: z.object({ title: z.literal('Buildlatch'), version: z.string() }) });
const PLATFORMS = ['ios', 'android'] as const;
/** Tokens and addresses of files live for minutes, by the controller's clock. */
const CLOCKS_MAY_DIFFER_MS = 60_000;
const STORAGE_TIMEOUT_MS = 10_000;

/** What nothing else can be found out without ends the examination. */
export async function* examine(context: CommandContext): AsyncGenerator<Finding> {
  const { baseUrl, apiKey, withheld = 'no API key' } = context.settings;
  const asAnyone = asker(context, {});
  const health = await asAnyone('GET', '/api/health', Health);
  yield controllerFinding(baseUrl, health);
  if (!health.ok) return;
  yield versionFinding(await asAnyone('GET', '/openapi.json', Description));
  yield clockFinding(health.headers.get('date'), Date.now() - health.tookMs / 2);
  if (apiKey === undefined) {
    yield { check: 'key', mark: 'fail', says: withheld, todo: 'set BUILDLATCH_API_KEY, or use "buildlatch login"' };
    return;
  }
  const ask = asker(context, { 'X-API-Key': apiKey });
  const asked = {
    read: await ask('GET', '/api/builds?status=pending&limit=100', BuildList),
    submit: await ask('POST', '/api/uploads', Upload, { size: 1, sha256: '0'.repeat(64) }),
    work: await ask('GET', '/api/workers/doctor/stats', z.unknown()),
    admin: await ask('GET', '/api/dead-letters', DeadLetters),
  };
  const key = keyFinding(asked);
  yield key;
  if (key.mark === 'fail') return;
  yield* workerFindings(asked.read, await ask('GET', '/api/workers?limit=100', WorkerList));
  yield* pauseFindings(await ask('GET', '/api/queues', Queues));
  yield deadLettersFinding(asked.admin);
  yield await storageFinding(context, asked.submit);
}

function controllerFinding(baseUrl: string, health: Asked<z.output<typeof Health>>): Finding {
  const check = 'controller';
  if (health.ok) return { check, mark: 'ok', says: `${baseUrl} answers in ${Math.round(health.tookMs)} ms` };
  const { error } = health;
  if (!(error instanceof ApiError)) {
    return { check, mark: 'fail', says: error.message, todo: 'is it running, and is this its address (--url)?' };
  }
  return error.status >= 500
    ? { check, mark: 'fail', says: `${baseUrl} is in trouble, ${error.message}`, todo: 'look at its log' }
    : { check, mark: 'fail', says: `${baseUrl} is something else, ${error.message}`, todo: 'correct --url' };
}

function versionFinding(description: Asked<z.output<typeof Description>>): Finding {
  const check = 'version';
  if (description.ok) return { check, mark: 'ok', says: `Buildlatch ${description.body.info.version}` };
  return { check, mark: 'fail', says: 'this is no Buildlatch controller, or an old one', todo: 'update it' };
}

/** @param seenAt when the controller wrote its date, by the clock of this machine. */
function clockFinding(date: string | null, seenAt: number): Finding {
  const check = 'clock';
  const told = Date.parse(date ?? '');
  if (Number.isNaN(told)) return { check, mark: 'skip', says: 'the controller does not say what time it is' };
  // A date has whole seconds: on average it is half a second old.
  const aheadMs = seenAt - (told + 500);
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= CLOCKS_MAY_DIFFER_MS) return { check, mark: 'ok', says: 'as the controller’s' };
  const says = `this machine is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the controller`;
  return { check, mark: 'warn', says, todo: 'set one of the clocks' };
}

function keyFinding(asked: Readonly<Record<string, Asked<unknown>>>): Finding {
  const check = 'key';
  const scopes: string[] = [];
  for (const [scope, answer] of Object.entries(asked)) {
    if (!answer.ok && hasStatus(answer.error, 401, 403) && !hasCode(answer.error, 'scope_missing')) {
      return { check, mark: 'fail', says: answer.error.message, todo: 'have one made: buildlatch keys create' };
    }
    // Of a worker that is not there only who may ask is told so.
    if (answer.ok || hasStatus(answer.error, 404)) scopes.push(scope);
  }
  if (scopes.length > 0) return { check, mark: 'ok', says: `accepted, may ${scopes.join(', ')}` };
  return { check, mark: 'warn', says: 'accepted, and may do nothing', todo: 'have one made with a scope' };
}

function workerFindings(pending: Asked<z.output<typeof BuildList>>, asked: Asked<z.output<typeof WorkerList>>) {
  if (!pending.ok) return [notSeen('workers', 'read', pending.error)];
  if (!asked.ok) return [notSeen('workers', 'read', asked.error)];
  const workers = asked.body.workers.filter(isOnline);
  return PLATFORMS.map((platform): Finding => {
    const waiting = pending.body.filter((build) => build.platform === platform).length;
    const online = workers.filter(({ capabilities }) => capabilities.platforms.includes(platform)).length;
    const check = platform;
    const says = `${online} online ${online === 1 ? 'worker' : 'workers'}, ${waiting}${waiting === 100 ? '+' : ''} waiting`;
    const todo = `start one: buildlatch worker --platform ${platform}`;
    if (online === 0 && waiting > 0) return { check, mark: 'fail', says, todo };
    return workers.length === 0 ? { check, mark: 'warn', says, todo } : { check, mark: 'ok', says };
  });
}

/** Nothing is said where nothing is paused, by a controller that knows of no pauses, and twice of a missing scope. */
function pauseFindings(asked: Asked<z.output<typeof Queues>>): Finding[] {
  if (!asked.ok) {
    const isSaid = hasStatus(asked.error, 404) || hasCode(asked.error, 'scope_missing');
    return isSaid ? [] : [notSeen('queues', 'read', asked.error)];
  }
  return asked.body.queues.flatMap(({ platform, paused }): Finding[] => {
    if (!paused) return [];
    const says = `hands out nothing since ${new Date(paused.since).toISOString()}: ${paused.reason}`;
    return [
      { check: `${platform} paused`, mark: 'warn', says, todo: `afterwards: buildlatch queues resume ${platform}` },
    ];
  });
}

const isOnline = ({ state }: WorkerListItem) => state === 'idle' || state === 'building';

function deadLettersFinding(asked: Asked<z.output<typeof DeadLetters>>): Finding {
  const check = 'dead letters';
  if (!asked.ok) return notSeen(check, 'admin', asked.error);
  const count = asked.body.dead_letters.length;
  if (count === 0) return { check, mark: 'ok', says: 'none' };
  const says = `${count}${asked.body.may_have_more ? ' or more' : ''}`;
  return { check, mark: 'warn', says, todo: 'see buildlatch dlq list, then dlq redrive' };
}

/** Any answer will do: the address takes one upload, and nothing is uploaded. */
async function storageFinding(context: CommandContext, asked: Asked<Upload>): Promise<Finding> {
  const check = 'storage';
  if (!asked.ok) return notSeen(check, 'submit', asked.error);
  const url = new URL(resolveAnswerUrl(context.settings.baseUrl, asked.body.url));
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(STORAGE_TIMEOUT_MS)]);
  try {
    await answered(url.origin, context.signal, () => fetch(url, { method: 'HEAD', redirect: 'manual', signal }));
    return { check, mark: 'ok', says: `${url.origin} can be reached` };
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return { check, mark: 'fail', says: error.message, todo: 'files go there directly: let this machine reach it' };
  }
}

/** For want of a scope it is not known; anything else is a fault of the controller's. */
function notSeen(check: string, scope: string, error: Error): Finding {
  if (hasCode(error, 'scope_missing')) return { check, mark: 'skip', says: `needs a key with the scope ${scope}` };
  return { check, mark: 'fail', says: error.message, todo: 'look at the controller’s log' };
}
