import { buryMessage } from '../../lib/app/bury-message.ts';
import { builds, clock, openTable, parseHint, report } from '../../lib/runtime/container.ts';
import { readEnv, TABLE } from '../../lib/runtime/env.ts';
import { queue } from '../../lib/runtime/queue.ts';

const env = readEnv(TABLE);
const deps = { builds: builds(openTable(env)), clock, report };

export const handler = queue(parseHint, (hint) => buryMessage(deps, hint));
