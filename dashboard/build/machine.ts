import { html } from 'htm/preact';
import { useMemo } from 'preact/hooks';
import { localTime } from '../format.ts';
import { Plot } from '../plots/plot.ts';
import type { PlotData } from '../plots/plot-data.ts';
import type { Sample } from './read-build.ts';

const cpu = (value: number) => `${Math.round(value)} %`;
const memory = (mb: number) => (mb < 1_024 ? `${Math.round(mb)} MiB` : `${(mb / 1_024).toFixed(1)} GiB`);

/** What the machine of a build was doing: a sample for each minute. */
export function Machine({ samples }: { samples: readonly Sample[] }) {
  const data = useMemo(() => plotOf(samples), [samples]);
  if (samples.length === 0) return null;
  const last = samples.at(-1)?.time ?? 0;
  return html`<${Plot} title="The machine" summary=${summaryOf(samples)} data=${data} timeText=${(at: number) => localTime(at, last)} />`;
}

function plotOf(samples: readonly Sample[]): PlotData {
  const memories = samples.map((sample) => sample.memory_mb);
  const hasMemory = memories.some((mb) => mb !== null);
  return {
    kind: 'lines',
    times: samples.map(({ time }) => time),
    series: [
      { name: 'Processor', color: 'busy', values: samples.map((sample) => sample.cpu_percent) },
      ...(hasMemory ? [{ name: 'Memory', color: 'special' as const, values: memories, isOnRight: true as const }] : []),
    ],
    format: cpu,
    formatRight: memory,
  };
}

function summaryOf(samples: readonly Sample[]): string {
  const most = (values: readonly (number | null)[]) => Math.max(0, ...values.map((value) => value ?? 0));
  const mostMemory = most(samples.map((sample) => sample.memory_mb));
  const mean = samples.reduce((sum, sample) => sum + sample.cpu_percent, 0) / samples.length;
  const peak = cpu(most(samples.map((sample) => sample.cpu_percent)));
  return `Processor ${cpu(mean)} on average, ${peak} at most${mostMemory > 0 ? `; memory ${memory(mostMemory)} at most` : ''}. 100 % is one core; one sample a minute.`;
}
