import type { BuildEvidence } from './evidence.ts';
import type { VerifiedResult } from './results.ts';
import type { Victim } from './sabotage.ts';
import { DemoFailure } from './stage.ts';
import { layOut, seconds } from './table.ts';

export interface Judged {
  readonly evidence: readonly BuildEvidence[];
  readonly results: readonly VerifiedResult[];
  readonly victim: Victim;
}

export function resultTable({ evidence, results, victim }: Judged): string[] {
  const rows = [...evidence]
    .sort((a, b) => (a.assignedAt[0] ?? 0) - (b.assignedAt[0] ?? 0))
    .map(({ id, workers, submittedAt, assignedAt, completedAt }) => {
      const result = results.find((each) => each.id === id);
      const names = workers.map((name, index) =>
        name === victim.name && index < workers.length - 1 ? `${name} ✗` : name,
      );
      return [
        id,
        names.join(' → '),
        String(workers.length),
        seconds((assignedAt[0] ?? submittedAt) - submittedAt),
        seconds((completedAt ?? Number.NaN) - (assignedAt.at(-1) ?? Number.NaN)),
        result ? `${result.sha256.slice(0, 12)} ✓` : '–',
      ];
    });
  return layOut([['build', 'worker', 'attempts', 'queued', 'built in', 'artifact SHA-256'], ...rows]);
}

/** The closing line; throws if it is not the one that was promised. */
export function verdict({ evidence, results, victim }: Judged): string {
  const built = results.filter(({ state }) => state === 'completed').length;
  const twice = evidence.filter(({ builtTwice }) => builtTwice !== undefined);
  const lost = evidence.length - built;
  const line = `${built} of ${evidence.length} built · ${twice.length} built twice · ${lost} lost`;
  if (lost > 0 || twice.length > 0) {
    throw new DemoFailure([line, ...twice.map(({ id, builtTwice }) => `${id}: ${builtTwice}`)].join('\n'));
  }
  checkKilledBuild(evidence, results, victim);
  return line;
}

/** The point of it all: the killed worker's build was handed on, once, and built by another. */
function checkKilledBuild(
  evidence: readonly BuildEvidence[],
  results: readonly VerifiedResult[],
  victim: Victim,
): void {
  const workers = evidence.find(({ id }) => id === victim.buildId)?.workers ?? [];
  const attempt = results.find(({ id }) => id === victim.buildId)?.attempt;
  const isHandedOn = workers.length === 2 && workers[0] === victim.name && workers[1] !== victim.name && attempt === 2;
  if (isHandedOn) return;
  throw new DemoFailure(
    `build ${victim.buildId}, whose worker ${victim.name} was killed, went to ${workers.join(', ') || 'nobody'} in ${attempt} attempts`,
  );
}
