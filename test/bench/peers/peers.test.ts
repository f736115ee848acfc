import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { createAwsClients } from '../../../infra/local/aws-clients.ts';
import { type EnginesApart, startEnginesApart } from '../engines/engines-apart.ts';
import { cpuDuring, treeCpuMs } from '../report/process-cpu.ts';
import { ours } from './ours.ts';
import { peersPlot, peersSection } from './section.ts';

/** How many builds are in which state after how many grants. */
async function outcomesOf({ endpoints, region, credentials, resources }: EnginesApart) {
  const { dynamodb, close } = createAwsClients(endpoints, region, credentials);
  const outcomes: Record<string, number> = {};
  for await (const { Items = [] } of paginateScan({ client: dynamodb }, { TableName: resources.table })) {
    for (const { sk, state, attempt } of Items.map((item) => unmarshall(item))) {
      const outcome = `${state}, attempt ${attempt}`;
      if (sk === 'BUILD') outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  }
  close();
  return outcomes;
}

describe('claim and finish', () => {
  it('is done with the use cases, each job once, and the engines’ time told apart', { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'buildlatch-peers-test-'));
    const engines = await startEnginesApart(join(folder, 'data'));
    try {
      const peer = ours(engines);
      await peer.fill(30);
      expect(await outcomesOf(engines)).toEqual({ 'pending, attempt 0': 30 });
      const before = process.cpuUsage();
      const { engineCpuMs, clientCpuMs } = await peer.drain(30, 3);
      const { user, system } = process.cpuUsage(before);
      expect(await outcomesOf(engines)).toEqual({ 'completed, attempt 1': 30 });
      expect(engineCpuMs).toBeGreaterThan(0);
      expect(clientCpuMs).toBeLessThanOrEqual((user + system) / 1000);
      await peer.close();
    } finally {
      await engines.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  const spread = (median: number) => ({ median, min: median / 2, max: median * 2 });
  const row = (name: string, perSecond: number) => ({
    name,
    claimers: 1,
    jobsPerSecond: spread(perSecond),
    oursAgainst: spread(100 / perSecond),
    engineCpuMs: spread(3),
    clientCpuMs: spread(4),
  });
  const record = {
    machine: { node: '24.0.0', cores: 2, cpu: 'a processor', loadBefore: 0 },
    settings: { rounds: 2, jobs: 8, claimers: 3, seed: 1 },
    versions: { PostgreSQL: '15' },
    rows: [row('Buildlatch', 100), row('other', 400)],
  };

  it('is a row for each system, with the ratio to ours', () => {
    expect(peersSection(record)).toContain('| other | 1 | 400 (200 to 800) | 0.25 (0.13 to 0.50) | 3.00 | 4.00 |');
    expect(peersSection(record)).toContain('| Buildlatch | 1 | 100 (50 to 200) | 1 | 3.00 | 4.00 |');
  });

  it('is a bar for each over a logarithmic axis that begins below the least', () => {
    const widths = [...peersPlot(record).matchAll(/<rect x="260" y="\d+" width="([\d.]+)"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths).toEqual([199.7, 319.9]);
  });
});

describe('what a process has used', () => {
  it('is its own and its children’s', async () => {
    const { engineCpuMs } = await cpuDuring(process.pid, async () => {
      const before = process.cpuUsage();
      while (process.cpuUsage(before).user < 100_000);
    });
    expect(engineCpuMs).toBeGreaterThan(60);
    expect(() => treeCpuMs(2 ** 22 + 1)).toThrow('there is no process');
  });
});
