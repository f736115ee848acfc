import { barsSvg } from '../report/bars.ts';
import { type Machine, machineText } from '../report/machine.ts';
import { markdownTable } from '../report/section.ts';
import { spreadText } from '../report/statistics.ts';
import type { PeerRow, PeersResult, PeersSettings } from './measure.ts';

export interface PeersRecord extends PeersResult {
  readonly machine: Machine;
  readonly settings: PeersSettings;
}

export const PEERS_PLOT = 'performance/peers.svg';

export function peersSection({ machine, settings, versions, rows }: PeersRecord): string {
  const { rounds, jobs, claimers, seed } = settings;
  return [
    `A job is claimed and finished, durably: ${rounds} rounds, all systems by turns in an order that the seed (${seed}) gives, ${Math.ceil(jobs / 4)} jobs by one
claimer and ${jobs} by ${claimers} at once; medians with the least and the most; \`ratio\` is ours against that system in the same round, above 1
ours is quicker. ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}; ${machineText(machine)}.`,
    peersTable(rows),
    `![Jobs a second](${PEERS_PLOT})`,
    `The bench needs PostgreSQL and Redis installed (Debian: \`apt-get install postgresql redis-server\`) and starts servers of its own. The plot's axis is
logarithmic.`,
    `What is not the same:

- **Ours** are the use cases behind \`poll\` and \`result\` on the engines of \`npm start\`, which stand in for DynamoDB, SQS and S3: a job is a read of
  the worker, a receive, a transaction on build, worker and history, a delete, a look at the result's object and a second transaction, each a signed HTTP
  request. The others are one or two round trips on a connection that is open. This measures the single machine; on AWS each of these calls takes
  milliseconds, and no engine is shared by anybody.
- **Durability.** The embedded database writes ahead and leaves it to the system when that reaches the disk: what is committed survives the death of any
  process, and not a power cut. PostgreSQL (\`fsync\`, \`synchronous_commit\`) and Redis (\`appendfsync always\`) wait for the disk; the row
  “not waiting for the disk” is PostgreSQL with what ours promises.
- **What is promised.** Plain SQL fences as ours does (state, attempt and worker, in one statement). It writes when a lease ends, and nothing looks at
  it: it has no requeue, no history and no queue between. graphile-worker deletes a finished job without waiting for that, and gives a lost one back after four hours; pg-boss after its expiry;
  BullMQ's lock is renewed by its worker. None of these three knows a worker that holds one job.
- **Engines** are processes of their own, their processor time apart from that of the claimers' process. Ours has the database in one, queues and files in another.`,
  ].join('\n\n');
}

function peersTable(rows: readonly PeerRow[]): string {
  return markdownTable(
    ['system', 'claimers', 'jobs a second', 'ratio', 'engine CPU, ms a job', 'claimer CPU, ms a job'],
    rows.map(({ name, claimers, jobsPerSecond, oursAgainst, engineCpuMs, clientCpuMs }, index) => [
      name,
      claimers,
      spreadText(jobsPerSecond, 0),
      isOurs(rows, index) ? '1' : spreadText(oursAgainst, 2),
      engineCpuMs.median.toFixed(2),
      clientCpuMs.median.toFixed(2),
    ]),
  );
}

const isOurs = (rows: readonly PeerRow[], index: number) => rows[index]?.name === rows[0]?.name;

export const peersPlot = ({ rows }: PeersRecord): string =>
  barsSvg({
    title: 'Jobs claimed and finished a second, on a logarithmic axis',
    bars: rows.map(({ name, claimers, jobsPerSecond }) => ({
      name: `${name}, ${claimers} claimer${claimers === 1 ? '' : 's'}`,
      value: jobsPerSecond.median,
      least: jobsPerSecond.min,
      most: jobsPerSecond.max,
    })),
  });
