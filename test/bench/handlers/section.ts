import { TARGETS } from '../design/targets.ts';
import { type Machine, machineText } from '../report/machine.ts';
import { markdownTable } from '../report/section.ts';
import { spreadText } from '../report/statistics.ts';
import { BARE, type HandlerSettings, type Measured, NOW } from './measure.ts';

export interface HandlersRecord {
  readonly machine: Machine;
  readonly settings: HandlerSettings;
  /** What the project was at, oldest first, where it was compared with itself. */
  readonly revisions: readonly { readonly rev: string; readonly name: string }[];
  readonly steps: readonly Measured[];
  readonly profiles: readonly {
    readonly step: string;
    readonly shares: readonly (readonly [owner: string, share: number])[];
  }[];
}

export const flameGraphName = (step: string) => `performance/${step.replaceAll(' ', '-')}.svg`;

export function handlersSection({ machine, settings, revisions, steps, profiles }: HandlersRecord): string {
  return [
    `Each handler as it is deployed, its bundle, against the very calls that it makes, sent by clients of the SDK that nobody has told
anything, with nothing around them, bundled the same way. The engines are a process of their own that answers at once with the same bytes: what
they would take is in neither figure, and on AWS it makes the ratio smaller. ${settings.rounds} rounds, handler and bare calls by turns, ${settings.calls} calls each, with no
chance in their order; ratios are of the same round, medians with the least and the most; ${machineText(machine)}.`,
    stepsTable(steps),
    ...(revisions.length > 0 ? [revisionsText(revisions), revisionsTable(revisions, steps)] : []),
    '### Where a handler spends its time',
    `Shares of the processor's time by whose code it is, of the source under V8's profiler once it is warm. The SDK and Node (sockets,
HTTP, JSON, hashes) do most of what is done for a request. Flame graphs: ${profiles
      .map(({ step }) => `[${step}](${flameGraphName(step)})`)
      .join(', ')}.`,
    profilesTable(profiles),
  ].join('\n\n');
}

function stepsTable(steps: readonly Measured[]): string {
  const rows = steps.map(({ step, calls, variants }) => {
    const [bare, now] = [variants[BARE], variants[NOW]];
    if (!bare || !now) throw new Error(`${step} was not measured`);
    return [
      step,
      calls.join(', '),
      bare.wallMs.median.toFixed(2),
      now.wallMs.median.toFixed(2),
      spreadText(now.wall, 2),
      spreadText(now.cpu, 2),
    ];
  });
  return markdownTable(['handler', 'calls', 'bare, ms', 'handler, ms', 'ratio', 'ratio of CPU time'], rows);
}

const revisionsText = (revisions: HandlersRecord['revisions']) =>
  `The same, as it was before each change, all in the same run. In order: ${revisions.map(({ rev, name }) => `${name} (\`${rev}\`)`).join('; ')}; now.`;

function revisionsTable(revisions: HandlersRecord['revisions'], steps: readonly Measured[]): string {
  const names = [...revisions.map(({ name }) => name), NOW];
  const rows = steps.map(({ step, variants }) => [
    step,
    ...names.map((name) => {
      const variant = variants[name];
      return variant ? `${variant.wall.median.toFixed(2)}, CPU ${variant.cpu.median.toFixed(2)}` : '–';
    }),
  ]);
  return markdownTable(['ratio to the bare calls', ...names], rows);
}

/** Less than this of the time is not worth a column. */
const LEAST_SHARE = 0.005;

function profilesTable(profiles: HandlersRecord['profiles']): string {
  const owners = [
    ...new Set(
      profiles.flatMap(({ shares }) => shares.filter(([, share]) => share >= LEAST_SHARE).map(([owner]) => owner)),
    ),
  ];
  const rows = profiles.map(({ step, shares }) => {
    const byOwner = new Map(shares);
    return [step, ...owners.map((owner) => `${(100 * (byOwner.get(owner) ?? 0)).toFixed(1)} %`)];
  });
  return markdownTable(['handler', ...owners], rows);
}

export function missedRatios(steps: readonly Measured[]): string[] {
  return steps.flatMap(({ step, variants }) => {
    const ratio = variants[NOW]?.wall.median ?? Number.NaN;
    return ratio <= TARGETS.pollRatio ? [] : [`${step}: ${ratio.toFixed(2)}`];
  });
}
