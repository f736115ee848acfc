import type { WaitingBuild, WaitingBuilds } from '../../lib/app/ports.ts';
import type { Build } from '../../lib/domain/build.ts';
import { hasAll } from '../../lib/domain/labels.ts';
import { placeOf } from '../../lib/domain/line.ts';

/** As in `lib/adapters/dynamo/waiting-builds.ts`. */
const OLDEST = 100;
const SOME = 10;

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
    oldest: async (platform, chance) => {
      const pending = builds().filter(({ state }) => state === 'pending');
      const oldest = pending.sort((a, b) => a.submittedAt - b.submittedAt).slice(0, OLDEST);
      const first = Math.floor(chance * oldest.length);
      const some = [...oldest.slice(first), ...oldest.slice(0, first)].slice(0, SOME);
      return some.filter((build) => build.platform === platform).map(toWaiting);
    },
  };
}

function toWaiting({ id, attempt, platform, submittedAt, source, certs, labels, rank }: Build): WaitingBuild {
  const facts = { buildId: id, attempt, platform, submittedAt, ...(rank !== undefined && { rank }) };
  const file = { sourceSize: source?.size ?? 0, sourceSha256: source?.sha256 ?? '' };
  return { ...facts, ...file, ...(certs && { hasCerts: true }), ...(labels && { labels }) };
}
