import * as z from 'zod/mini';

/** A file part that the front has stored on its way instead of putting it into the event. */
const ReceivedPart = z.object({ filename: z.string(), source: z.string(), size: z.number(), sha256: z.string() });
export type ReceivedPart = z.output<typeof ReceivedPart>;

const Front = z.object({
  /** The body has not been taken yet: it is asked whether it may be. */
  isBodyToCome: z._default(z.boolean(), false),
  /** By name of the field. */
  received: z._default(z.record(z.string(), ReceivedPart), {}),
});

/**
 * What the front of a single machine says beside the event of an HTTP API, so that forms may be larger than a Lambda takes.
 * It is outside of all that comes from the request. On AWS the whole event is API Gateway's, which never says it.
 */
export function frontOf(event: object): z.output<typeof Front> {
  return Front.parse('front' in event ? event.front : {});
}
