import { setTimeout as wait } from 'node:timers/promises';
import { holds, LEASE_SECONDS, onStage, type Stage } from './stage.ts';

/** What becomes of a build while its agent and its controller cannot hear each other. */

const AN_HOUR_LATER = new URL('an-hour-later.ts', import.meta.url);
const COUNTING = 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo "tick $i"; sleep 0.1; done; printf x > out.txt';

export const shortCut = () =>
  onStage(async ({ submit, agent, network, until, lines, state }) => {
    const id = await submit(COUNTING);
    const mac = await agent('mac');
    await until('the first lines', async () => network.passed.some(({ body }) => body.includes('tick 5')));
    network.cut();
    await wait((LEASE_SECONDS * 1000) / 4);
    network.restore();
    // And an answer that does not come back from a call that was heard.
    network.loseAnswer((_method, path) => path.endsWith('/logs'));
    await mac.saw('build_reported', (said) => said['success'] === true);
    const { attempt } = await state(id);
    holds('it stays the first attempt', attempt === 1);
    holds(
      'an answer was lost',
      logCalls(network.passed).some((call, at, all) => all.indexOf(call) !== at),
    );
    const ticks = (await lines(id)).filter((line) => line.startsWith('tick '));
    const expected = Array.from({ length: 60 }, (_, at) => `tick ${at + 1}`);
    holds('each line is kept once, in its order', JSON.stringify(ticks) === JSON.stringify(expected));
    return 'cut within the lease, and an answer lost: attempt 1 completed, 60 of 60 lines kept once, in order';
  });

export const longCut = () =>
  onStage(async ({ submit, agent, network, until, controller, state }) => {
    const id = await submit(
      `[ "$BUILDLATCH_ATTEMPT" = 1 ] && sleep ${3 * LEASE_SECONDS}; printf $BUILDLATCH_ATTEMPT > out.txt`,
    );
    const mac = await agent('mac');
    await mac.saw('command_started');
    network.cut();
    await until('the requeue', async () => (await state(id)).state === 'pending');
    const { http } = controller();
    const other = await http.register('other');
    holds('another worker is given it', (await http.poll(other)).body.job?.attempt === 2);
    await mac.saw('lease_in_doubt');
    network.restore();
    const dropped = await mac.saw('build_dropped');
    holds('it drops what is another’s now', dropped['reason'] === 'lease_lost');
    holds('it sent no result', !network.passed.some(({ path }) => /result|uploads/.test(path)));
    holds('the other completes it', (await http.complete(other, id)).status === 200);
    const again = await submit('printf x > out.txt');
    await mac.saw('build_reported', (said) => said.build_id === again);
    return 'cut past the lease: requeued for another, dropped when the network was back, no result sent, and it works on';
  });

export const hourAway = () =>
  onStage(async (stage) => {
    const { submit, agent, controller, startController, state, lines } = stage;
    const port = new URL(controller().http.url).port;
    const id = await submit('for i in 1 2 3 4; do echo tick $i; sleep 2; done; printf late > out.txt');
    const mac = await agent('mac');
    await mac.saw('command_started');
    await stage.until('the first heartbeat', async () => (await state(id)).state === 'building');
    controller().signal('SIGTERM');
    await controller().ended;
    await mac.saw('lease_in_doubt');
    await mac.saw('command_ended');
    // Its first sweep comes as late as in a controller with the usual settings.
    const later = { PORT: port, SCHEDULE_SECONDS: '60', NODE_OPTIONS: `--import=${AN_HOUR_LATER.href}` };
    await startController(later);
    await mac.saw('build_reported', (said) => said['success'] === true);
    const { attempt, state: reached } = await state(id);
    holds('the first attempt was reported late', reached === 'completed' && attempt === 1);
    const ticks = (await lines(id)).filter((line) => line.startsWith('tick '));
    holds('with all its lines', ticks.join() === 'tick 1,tick 2,tick 3,tick 4');
    return 'the build ended meanwhile; attempt 1 reported when the controller was back, an hour later by its clock';
  });

function logCalls(passed: Stage['network']['passed']): string[] {
  return passed.filter(({ path, status }) => path.endsWith('/logs') && status === 200).map(({ body }) => body);
}
