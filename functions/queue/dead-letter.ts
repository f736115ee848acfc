import { buryMessage } from '../../lib/app/bury-message.ts';
import { builds, clock, openTable, parseHint, report } from '../../lib/runtime/container.ts';
import { RECORDS, readEnv } from '../../lib/runtime/env.ts';
import { queue } from '../../lib/runtime/queue.ts';

const env = readEnv(RECORDS);
const deps = { builds: builds(openTable(env)), clock, report };

export const handler = queue(parseHint, (hint) => buryMessage(deps, hint));
