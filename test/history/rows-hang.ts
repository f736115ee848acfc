import { runLoad } from './crew.ts';
import type { Row, Stage } from './rows.ts';

/** Calls that are never answered: now and then, and then all of them. */
export const hang: Row = {
  name: 'hang',
  fault: 'hang',
  volume: 400,
  few: 12,
  isFaulty: true,
  async act(stage) {
    stage.attack({ share: 0.03, fault: 'hang' });
    await runLoad(stage, { builds: stage.volume, pollers: 8, cancels: 0.03 });
    await hangAll(stage);
  },
};

/** How soon the answers came is the checker's matter, as everywhere. */
async function hangAll(stage: Stage): Promise<void> {
  const { client } = stage;
  stage.attack();
  await client.submit();
  const [worker, idle] = [await client.register(), await client.register()];
  const job = worker && (await client.poll(worker));
  if (!job || !idle) throw new Error('nobody to keep waiting');
  await client.say('heartbeat', worker, job);
  stage.attack({ share: 1, fault: 'hang' });
  const outcomes = await Promise.all([
    client.poll(idle).then(() => stage.entries().findLast(({ worker: by }) => by === idle.id)?.outcome),
    ...(['heartbeat', 'logs', 'fail', 'abandon'] as const).map((op) => client.say(op, worker, job)),
    client.source(worker, job),
    client.unregister(idle),
  ]);
  stage.attack();
  const wrong = outcomes.filter(
    (outcome) => outcome?.kind !== 'unknown' || outcome.status !== 503 || !outcome.retryAfter,
  );
  stage.promise(
    `what hangs is answered 503 with Retry-After (${wrong.length} of ${outcomes.length} were not)`,
    wrong.length === 0,
  );
}
