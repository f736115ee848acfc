/** A file part that the front has stored on its way instead of putting it into the event. */
export interface ReceivedPart {
  readonly filename: string;
  readonly source: string;
  readonly size: number;
  readonly sha256: string;
}

interface Front {
  /** The body has not been taken yet: it is asked whether it may be. */
  readonly isBodyToCome?: boolean;
  /** By name of the field. */
  readonly received?: Readonly<Record<string, ReceivedPart>>;
}

/**
 * What the front of a single machine says beside the event of an HTTP API, so that forms may be larger than a Lambda takes.
 * It is outside of all that comes from the request. On AWS the whole event is API Gateway's, which never says it.
 */
export function frontOf(event: object): Front {
  // Not checked: it was made in this process, by `infra/local/gateway.ts`.
  return 'front' in event ? (event.front as Front) : {};
}
