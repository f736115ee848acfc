import { type AttributeValue, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { PauseStore } from '../../app/ports.ts';
import type { Platform } from '../../domain/build.ts';
import { type Pauses, pastAfter } from '../../domain/pause.ts';
import { is, isAbsent } from './expression.ts';
import { pausesKey } from './keys.ts';
import type { Table } from './table.ts';
import { update } from './write.ts';

const PausesItem = z.object({
  reason: z.optional(z.string()),
  since: z.optional(z.number()),
  by: z.optional(z.string()),
  past: z._default(z.array(z.object({ from: z.number(), to: z.number() })), []),
});

/** The pauses of each platform: one item, which is there once it has been paused, and stays. */
export function pauseStore(table: Table): PauseStore {
  const { client, name } = table;
  const get = async (platform: Platform) => {
    const request = { TableName: name, Key: marshall(pausesKey(platform)), ConsistentRead: true };
    return fromPausesItem(platform, (await client.send(new GetItemCommand(request))).Item);
  };
  return {
    get,
    pause: async (platform, pause) => {
      const change = { key: pausesKey(platform), set: { ...pause }, when: [isAbsent('since')] };
      // A refusal shows the pause that stands; it may be our own, sent again by the SDK.
      const { item } = await update(table, change, 'ALL_NEW');
      return fromPausesItem(platform, item);
    },
    resume: async (seen, now) => {
      const { platform, pause } = seen;
      const change = {
        key: pausesKey(platform),
        set: { past: pastAfter(seen, now).map((paused) => ({ ...paused })) },
        remove: ['reason', 'since', 'by'],
        when: [is('since', pause?.since)],
      };
      // Refused: somebody else has ended it, and perhaps begun another, which is not to end.
      const { item } = await update(table, change, 'ALL_NEW');
      return fromPausesItem(platform, item);
    },
  };
}

function fromPausesItem(platform: Platform, item: Record<string, AttributeValue> | undefined): Pauses {
  const { reason, since, by, past } = PausesItem.parse(item ? unmarshall(item) : {});
  const isStanding = reason !== undefined && since !== undefined && by !== undefined;
  return { platform, past, ...(isStanding && { pause: { reason, since, by } }) };
}
