import type { WaitingBuild, WaitingBuilds } from '../../lib/app/ports.ts';
import type { Build } from '../../lib/domain/build.ts';
import { hasAll } from '../../lib/domain/labels.ts';
import { placeOf } from '../../lib/domain/line.ts';

/** As in `lib/adapters/dynamo/waiting-builds.ts`. */
const KEYS = 100;
const RECORDS = 25;

/** The indexes of builds that wait, over the builds as they know them. */
export function waitingAmong(builds: () => readonly Build[]): WaitingBuilds {
  const under = (platform: string, label: string | undefined) =>
    builds()
      .filter((build) => build.state === 'pending' && build.rank !== undefined)
      .filter((build) => build.platform === platform && build.labels?.[0] === label)
      .sort((a, b) => placeOf(a) - placeOf(b))
      .map(toWaiting);
  return {
    urgent: async (platform) => under(platform, undefined),
    labelled: async (platform, label, labels) => under(platform, label).filter((one) => hasAll(labels, one.labels)),
    some: async (platform, labels, chance) => {
      const pending = builds().filter(({ state }) => state === 'pending');
      const byAge = pending.sort((a, b) => a.submittedAt - b.submittedAt);
      for (const keys of [byAge.slice(0, KEYS), byAge.slice(-KEYS).reverse()]) {
        const first = Math.floor(chance * keys.length);
        const fitting = [...keys.slice(first), ...keys.slice(0, first)].filter(
          (build) => build.platform === platform && hasAll(labels, build.labels),
        );
        if (fitting.length > 0) return fitting.slice(0, RECORDS).map(toWaiting);
      }
      return [];
    },
  };
}

function toWaiting({ id, attempt, platform, submittedAt, source, certs, labels, rank }: Build): WaitingBuild {
  const facts = { buildId: id, attempt, platform, submittedAt, ...(rank !== undefined && { rank }) };
  const file = { sourceSize: source?.size ?? 0, sourceSha256: source?.sha256 ?? '' };
  return { ...facts, ...file, ...(certs && { hasCerts: true }), ...(labels && { labels }) };
}
