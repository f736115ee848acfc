import type { DeadLetter } from '../app/ports.ts';

/** Never the body: what nobody could read may be anything. */
export function deadLetterView({ id, hint, receives, sentAt }: DeadLetter) {
  return {
    message_id: id,
    build_id: hint?.buildId ?? null,
    attempt: hint?.attempt ?? null,
    platform: hint?.platform ?? null,
    sent_at: sentAt,
    receives,
  };
}
