import type { Wishes } from '../../lib/app/submit-build.ts';

export const ALL_LABELS = ['signing', 'xcode=26'];
export const SOME_LABELS = ['xcode=26'];

/** What builds ask for: that anybody has, that some have, that one has; and to go first. The plainest comes first. */
export const WISHES: readonly [Wishes, ...Wishes[]] = [
  {},
  { priority: 3 },
  { labels: SOME_LABELS },
  { labels: ALL_LABELS },
  { labels: ALL_LABELS, priority: 10 },
];

export const wishesInWords = ({ labels = [], priority = 0 }: Wishes) =>
  `${labels.length > 0 ? ` for ${labels}` : ''}${priority > 0 ? ` at ${priority}` : ''}`;
