import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { holds, isRunning, LEASE_SECONDS, onStage, type Stage } from './stage.ts';

/** What becomes of an agent, and then of its build. */

export const killed = () =>
  onStage(async (stage) => {
    const { folder } = stage;
    const pids = join(folder, 'pids');
    // In a session of its own, where no process group reaches it.
    const stubborn = `sh -c 'trap "" TERM; echo $$ >> ${pids}; while :; do sleep 0.2; done'`;
    const id = await stage.submit(
      `[ "$BUILDLATCH_ATTEMPT" = 2 ] && printf 2 > out.txt && exit 0; setsid ${stubborn} & ${stubborn}`,
    );
    const first = await stage.agent('mac');
    await first.saw('command_started');
    const left = await stage.until('two processes', () => numbers(pids, 2));
    first.signal('SIGKILL');
    await first.ended;
    const folders = await readdir(first.workDir);
    holds('a killed agent leaves its folder and its processes', folders.length === 1 && (await allRun(left)));
    const second = await stage.agent('mac');
    await second.saw('registered');
    holds('the next start has ended them', !(await anyRuns(left)));
    holds('and removed the folder', !(await readdir(second.workDir)).includes(folders[0] ?? ''));
    await second.saw('build_reported', (said) => said.attempt === 2 && said['success'] === true);
    const { state, attempt } = await stage.state(id);
    holds('the build was requeued and completed', state === 'completed' && attempt === 2);
    return 'its next start ended its 2 orphaned processes and removed its folder; the build was requeued, attempt 2 completed';
  });

export const paused = () =>
  onStage(async (stage) => {
    const id = await stage.submit(
      `[ "$BUILDLATCH_ATTEMPT" = 1 ] && sleep ${LEASE_SECONDS}; printf $BUILDLATCH_ATTEMPT > out.txt`,
    );
    const sleeper = await stage.agent('sleeper');
    await sleeper.saw('command_started');
    sleeper.signal('SIGSTOP');
    await wait(2 * LEASE_SECONDS * 1000);
    const other = await stage.agent('other');
    await other.saw('build_reported', (said) => said.attempt === 2);
    const before = await stage.state(id);
    sleeper.signal('SIGCONT');
    const dropped = await sleeper.saw('build_dropped');
    holds('it drops the build as lost', dropped['reason'] === 'lease_lost');
    const results = stage.network.passed.filter(({ path }) => path === '/api/workers/result');
    holds('one result was sent, by the other', results.length === 1);
    holds(
      'nothing was uploaded by it',
      stage.network.passed.filter(({ path }) => path.endsWith('/uploads')).length === 1,
    );
    holds('the build is as the other left it', JSON.stringify(await stage.state(id)) === JSON.stringify(before));
    return `after ${2 * LEASE_SECONDS} s (2 leases) it dropped the build, sent no result; attempt 2 of another worker stands`;
  });

export const drained = () =>
  onStage(async (stage) => {
    const first = await stage.submit('sleep 2; printf x > out.txt');
    const agent = await stage.agent('mac');
    await agent.saw('command_started');
    agent.signal('SIGTERM');
    await agent.saw('draining');
    holds('after one SIGTERM it finishes and leaves with 0', (await agent.ended) === 0);
    holds('the build is completed', (await stage.state(first)).state === 'completed');
    const second = await stage.submit('[ "$BUILDLATCH_ATTEMPT" = 1 ] && sleep 600; printf x > out.txt');
    const [leaving, next] = [await stage.agent('leaving'), await stage.agent('next')];
    const held = await Promise.race([leaving.saw('command_started'), next.saw('command_started')]);
    const [holder, heir] = leaving.said.includes(held) ? [leaving, next] : [next, leaving];
    holder.signal('SIGTERM');
    await holder.saw('draining');
    const stoppedAt = performance.now();
    holder.signal('SIGTERM');
    holds('after a second one it leaves with 130', (await holder.ended) === 130);
    await holder.saw('build_given_back');
    await heir.saw('build_reported', (said) => said['success'] === true);
    const seconds = (performance.now() - stoppedAt) / 1000;
    const { state } = await stage.state(second);
    holds('another worker has built it', state === 'completed');
    const story = await events(stage, second);
    holds('no attempt was spent, nothing failed', !story.some((type) => /fail|lost|requeued/.test(type)));
    return `one SIGTERM: finished, exit 0; a second: given back, exit 130, built by another ${seconds.toFixed(1)} s later`;
  });

export const stubborn = () =>
  onStage(async (stage) => {
    const pids = join(stage.folder, 'pids');
    const child = `sh -c 'trap "" TERM; echo $$ >> ${pids}; while :; do sleep 0.2; done'`;
    const id = await stage.submit(`trap '' TERM; ${child} & ${child} & setsid ${child} & ${child}`);
    const agent = await stage.agent('mac');
    const running = await stage.until('four processes', () => numbers(pids, 4));
    const { http } = stage.controller();
    const cancelledAt = performance.now();
    await http.request('POST', `/api/builds/${id}/cancel`, { headers: http.key });
    const dropped = await agent.saw('build_dropped');
    const seconds = (performance.now() - cancelledAt) / 1000;
    holds('it was cancelled', dropped['reason'] === 'cancelled');
    holds('no process of the build is left', !(await anyRuns(running)));
    // SIGTERM at the next heartbeat, SIGKILL ten seconds later.
    holds('within a heartbeat and the grace', seconds < LEASE_SECONDS / 3 + 10 + 5);
    holds('its folder is gone', (await readdir(agent.workDir)).length === 0);
    return `cancelled: all 4 processes that ignore SIGTERM, one in its own session, gone after ${seconds.toFixed(1)} s`;
  });

async function numbers(file: string, count: number): Promise<number[] | false> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  return lines.length === count && lines.map(Number);
}

async function allRun(pids: readonly number[]): Promise<boolean> {
  return (await Promise.all(pids.map(isRunning))).every(Boolean);
}

async function anyRuns(pids: readonly number[]): Promise<boolean> {
  return (await Promise.all(pids.map(isRunning))).some(Boolean);
}

async function events(stage: Stage, id: string): Promise<string[]> {
  const { http } = stage.controller();
  const { body } = await http.request('GET', `/api/builds/${id}/events`, { headers: http.key });
  return body.events.map(({ type }: { type: string }) => type);
}
