import { OPERATIONS } from './aws-operations.ts';
import { isRare, loadWith } from './lost-call-loads.ts';
import type { Row } from './rows.ts';

/**
 * Requests and replies of one operation get lost, half of them: the SDK tries three times (S3: twice), so that one call in
 * eight (four) is lost for good. Of what is seldom done, four in five: a half (two thirds) of the calls are lost for good.
 */
const SHARE = 0.5;
const SHARE_OF_RARE = 0.8;

const LOST = [
  ['reply-lost', 'reply lost after commit', 'dropAfter'],
  ['request-lost', 'request lost before commit', 'dropBefore'],
] as const;

/** The volume is that of what got lost, so that it counts no other faults. */
export const LOST_ROWS: readonly Row[] = LOST.flatMap(([name, text, fault]) =>
  OPERATIONS.map(([engine, operation]): Row => {
    const load = loadWith(operation);
    const share = isRare(operation) ? SHARE_OF_RARE : SHARE;
    return {
      name: `${name}-${operation}`,
      fault: `${text}: ${operation}`,
      volume: 2_000,
      few: 1,
      isFaulty: true,
      async act(stage) {
        for (let quiet = 0; stage.injected() < stage.volume && quiet < MOST_QUIET_ROUNDS; ) {
          const before = stage.injected();
          stage.attack({ engine, operations: [operation], share, fault });
          await load(stage);
          quiet = stage.injected() > before ? 0 : quiet + 1;
        }
        const lost = stage.injected();
        stage.promise(`${stage.volume} calls of ${operation} get lost (${lost})`, lost >= stage.volume);
      },
    };
  }),
);

/** So many rounds without a loss: the load does not make the call any more. */
const MOST_QUIET_ROUNDS = 20;
