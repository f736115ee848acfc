import { paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { Build } from '../../domain/build.ts';
import {
  BUILD_EVENT_TYPES,
  type BuildEvent,
  BY_CONTROLLER,
  BY_SUBMITTER,
  byKey,
  whySubmitted,
} from '../../domain/build-event.ts';
import { FAILURE_KINDS } from '../../domain/failure.ts';
import { isAbsent, type Put } from './expression.ts';
import { eventKey, recordExpiresAt } from './keys.ts';
import type { Kept, Table } from './table.ts';

const EventItem = z.object({
  type: z.enum(BUILD_EVENT_TYPES),
  at: z.number(),
  attempt: z.optional(z.number()),
  by: z.string(),
  kind: z.optional(z.enum(FAILURE_KINDS)),
  why: z.optional(z.string()),
  startedAt: z.optional(z.number()),
});

/**
 * `attempt` is left out where the caller did not say which: it is then the build's last. `startedAt` keeps the beginning of
 * the work of an attempt that ends here, as a heartbeat writes no event of its own.
 */
export type EventDraft = Omit<BuildEvent, 'attempt'> & { readonly attempt?: number; readonly startedAt?: number };

/** The event as a part of the transaction that makes the change: both are there, or neither. */
export function eventPut(kept: Kept, buildId: string, event: EventDraft): Put {
  const key = eventKey(buildId, event.attempt ?? 0, nameOf(event));
  return { item: { ...key, ...event, expiresAt: recordExpiresAt(kept, event.at) } };
}

/** Signing material may be read more than once in an attempt, and each time counts. */
const nameOf = ({ type, at }: EventDraft) => (type === 'certs_read' ? `${type}#${at}` : type);

/** A build may be tried again more than once: each retry has an event, which stays as it was first written. */
export function retriedPut(
  kept: Kept,
  { id, attempt }: Pick<Build, 'id' | 'attempt'>,
  retryId: string,
  at: number,
): Put {
  const event = { type: 'retried', at, attempt, by: BY_SUBMITTER, why: `as ${retryId}` } as const;
  const { item } = eventPut(kept, id, event);
  return { item: { ...item, ...retriedKey(id, attempt, retryId) }, when: [isAbsent('pk')] };
}

export const retriedKey = (buildId: string, attempt: number, retryId: string) =>
  eventKey(buildId, attempt, `retried#${retryId}`);

/** A build begins with its submit, which is no record of its own: the build's record says when. */
export async function readEvents({ client, name }: Table, build: Build): Promise<BuildEvent[]> {
  const events: BuildEvent[] = [submitted(build)];
  const pages = paginateQuery(
    { client },
    {
      TableName: name,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: marshall({ ':pk': `BUILD#${build.id}`, ':prefix': 'EVENT#' }),
      ConsistentRead: true,
    },
  );
  for await (const page of pages) {
    for (const item of page.Items ?? []) {
      const { type, at, by, kind, why, attempt = build.attempt, startedAt } = EventItem.parse(unmarshall(item));
      const details = { ...(kind && { kind }), ...(why !== undefined && { why }) };
      events.push({ type, at, attempt, by, ...details });
      if (startedAt !== undefined) events.push(started(events, attempt, startedAt));
    }
  }
  if (build.buildingSince !== undefined) events.push(started(events, build.attempt, build.buildingSince));
  return events.sort((a, b) => a.at - b.at || a.attempt - b.attempt || rank(a) - rank(b));
}

/** By whom the attempt was taken is told by its assignment. */
function started(events: readonly BuildEvent[], attempt: number, at: number): BuildEvent {
  const assigned = events.find((event) => event.type === 'assigned' && event.attempt === attempt);
  return { type: 'started', at, attempt, by: assigned?.by ?? BY_CONTROLLER };
}

/** Events of one millisecond are told in the order of a build's life. */
const rank = ({ type }: BuildEvent) => BUILD_EVENT_TYPES.indexOf(type);

function submitted(build: Build): BuildEvent {
  const { submittedAt, submittedBy } = build;
  return {
    type: 'submitted',
    at: submittedAt,
    attempt: 0,
    by: submittedBy ? byKey(submittedBy) : BY_SUBMITTER,
    ...whySubmitted(build),
  };
}
