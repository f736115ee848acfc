import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CannotRunHere, holds, LEASE_SECONDS, onStage } from './stage.ts';

/** What becomes of an agent that has much to say, much to pack, or no room. */

const LINES = 100_000;
const DIGITS = 999;
const LINE = new RegExp(`^\\d{${DIGITS}}$`);
/** 210 to 320 MB were seen, most of it garbage that the runtime takes its time to collect: 1 MB of text is on its way at most. */
const MAX_LOG_MB = 420;

export const longLog = () =>
  onStage(async ({ submit, agent, network, lines, state }) => {
    // A kilobyte a line, as fast as a program can write them.
    const id = await submit(`seq -f '%0${DIGITS}.0f' ${LINES} && printf x > out.txt`);
    const mac = await agent('mac', ['--idle-timeout', '60s']);
    network.loseAnswer((method, path) => method === 'POST' && path.endsWith('/logs'));
    await mac.saw('build_reported', (said) => said['success'] === true);
    const peakMb = await peakMemoryMb(mac.pid);
    holds(`memory stays below ${MAX_LOG_MB} MB (${peakMb})`, peakMb < MAX_LOG_MB);
    holds('it is the first attempt', (await state(id)).attempt === 1);
    const sent = sentNumbers(network.passed);
    holds(`each of the ${LINES} lines was sent, in order (${sent.problem ?? ''})`, sent.problem === undefined);
    const kept = (await lines(id)).flatMap((line) => (LINE.test(line) ? [Number(line)] : []));
    const gaps = kept.filter((number, at) => at > 0 && number !== (kept[at - 1] ?? 0) + 1);
    holds('the controller keeps the beginning and the newest part', kept[0] === 1 && kept.at(-1) === LINES);
    holds('neither with a line lost or doubled', gaps.length === 1);
    return `100 MB, ${LINES} lines in order, none lost or doubled (${sent.repeated} batch repeated, its answer was lost); peak memory ${peakMb} MB`;
  });

/** Batches by the number of their first line: a repeated one is the same. */
function sentNumbers(passed: readonly { path: string; status: number; body: string }[]) {
  const calls = passed.filter(({ path, status }) => path.endsWith('/logs') && status === 200);
  const batches = new Map<number, string>();
  let repeated = 0;
  for (const { body } of calls) {
    const { first_line, logs } = JSON.parse(body) as { first_line: number; logs: unknown };
    const text = JSON.stringify(logs);
    if (batches.has(first_line)) repeated += 1;
    if (batches.has(first_line) && batches.get(first_line) !== text) return { repeated, problem: 'a batch changed' };
    batches.set(first_line, text);
  }
  let next = 0;
  let number = 0;
  for (const [firstLine, text] of [...batches].sort(([a], [b]) => a - b)) {
    if (firstLine !== next) return { repeated, problem: `lines from ${next} on are missing` };
    const logs = JSON.parse(text) as { message: string }[];
    next += logs.length;
    for (const { message } of logs) {
      if (!LINE.test(message)) continue;
      number += 1;
      if (Number(message) !== number) return { repeated, problem: `${message} is not line ${number}` };
    }
  }
  return { repeated, problem: number === LINES ? undefined : `${number} lines` };
}

export const busyAgent = () =>
  onStage(async ({ submit, agent, network, state }) => {
    // A folder is packed and hashed: more than a lease of work for the agent itself, were it done in one go.
    const id = await submit('mkdir out.txt && for i in 1 2; do head -c 100000000 /dev/urandom > out.txt/$i; done');
    const mac = await agent('mac');
    await mac.saw('command_ended');
    const from = network.passed.length;
    await mac.saw('build_reported', (said) => said['success'] === true);
    const beats = network.passed.slice(from).filter(({ path }) => path.endsWith('/heartbeat'));
    const doubts = mac.said.filter(({ event }) => event === 'lease_in_doubt');
    holds('it is the first attempt', (await state(id)).attempt === 1);
    holds(`its lease of ${LEASE_SECONDS} s was never in doubt`, doubts.length === 0);
    return `packed and hashed 200 MB with ${beats.length} heartbeats meanwhile, its lease never in doubt`;
  });

export const fullDisk = () =>
  onStage(async ({ submit, agent, folder, state, until, network }) => {
    const disk = join(folder, 'work-mac');
    // In a namespace of its own: the file system goes away with the process.
    const size = 'size=24m';
    const mount = `mkdir -p ${disk} && mount -t tmpfs -o ${size} none ${disk} && head -c 1000000 /dev/zero > ${disk}/other && exec "$@"`;
    const wrap = `exec unshare ${wayIntoNamespace(folder)} sh -c '${mount}' sh "$@"`;
    const full = await submit('head -c 40000000 /dev/zero > big && printf x > out.txt');
    const mac = await agent('mac', ['--min-free-disk', '10MB'], wrap);
    const failed = await mac.saw('build_reported');
    holds('a build that fills the disk fails with that', /No space left/.test(String(failed['error_message'])));
    const large = await submit('printf x > out.txt', [{ name: 'asset', data: randomBytes(22_000_000) }]);
    const unpacked = await mac.saw('build_reported', (said) => said.build_id === large);
    holds('a source that does not fit fails with that', /ENOSPC/.test(String(unpacked['error_message'])));
    holds('both are failures of the build', (await state(full)).state === 'failed');
    const inside = `/proc/${mac.pid}/root${disk}`;
    const ballast = join(inside, 'ballast');
    await until('an empty disk', async () => (await readdir(inside)).every((name) => !name.startsWith('build-')));
    await writeFile(ballast, Buffer.alloc(16_000_000));
    await mac.saw('disk_low');
    const waiting = await submit('printf x > out.txt');
    const polls = network.passed.filter(({ path }) => path.endsWith('/poll')).length;
    holds('without room it asks for no build', (await state(waiting)).state === 'pending');
    await rm(ballast);
    await mac.saw('build_reported', (said) => said.build_id === waiting && said['success'] === true);
    const after = network.passed.filter(({ path }) => path.endsWith('/poll')).length;
    holds('and does when there is some', after > polls);
    return 'ENOSPC in the build and while unpacking: failed with that, folders removed; below --min-free-disk no build was asked for';
  });

/** How `unshare` lets this user mount a file system; a container may let nobody. */
function wayIntoNamespace(folder: string): string {
  const ways = ['--mount', '--user --map-root-user --mount'];
  const mounts = (way: string) =>
    spawnSync('unshare', [...way.split(' '), 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', folder], {
      encoding: 'utf8',
    });
  const tried = ways.map((way) => ({ way, ...mounts(way) }));
  const found = tried.find(({ status }) => status === 0);
  if (found) return found.way;
  throw new CannotRunHere(`no file system may be mounted: ${tried.map(({ stderr }) => stderr?.trim()).join('; ')}`);
}

async function peakMemoryMb(pid: number): Promise<number> {
  const peak = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(peak) / 1024);
}
