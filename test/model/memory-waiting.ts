import type { WaitingBuild, WaitingBuilds } from '../../lib/app/ports.ts';
import type { Build } from '../../lib/domain/build.ts';
import { hasAll } from '../../lib/domain/labels.ts';
import { placeOf } from '../../lib/domain/line.ts';

/** The index of builds that wait and have asked for something, over the builds as it knows them. */
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
  };
}

function toWaiting({ id, attempt, platform, submittedAt, source, certs, labels, rank }: Build): WaitingBuild {
  const facts = { buildId: id, attempt, platform, submittedAt, rank };
  const file = { sourceSize: source?.size ?? 0, sourceSha256: source?.sha256 ?? '' };
  return { ...facts, ...file, ...(certs && { hasCerts: true }), ...(labels && { labels }) };
}
