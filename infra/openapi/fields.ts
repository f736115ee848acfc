import * as z from 'zod/mini';
import { BUILD_STATES, PLATFORMS } from '../../lib/domain/build.ts';

/** What several replies have. Times are milliseconds since 1970, unless they are said to be ISO 8601. */

export const id = z.string();
export const ms = z.int().check(z.nonnegative());
export const count = z.int().check(z.nonnegative());
export const seconds = z.int().check(z.positive());
export const platform = z.enum(PLATFORMS);
export const labels = z.array(z.string());
export const state = z.enum(BUILD_STATES);
/** A cancelled build is a failed one to clients that know no other word; `state` has the truth. */
export const status = z.enum(BUILD_STATES.filter((name) => name !== 'cancelled'));
export const done = z.object({ success: z.literal(true) });

/** What each field of a request means, by its name; one that is not here does not get into the document. */
export const MEANINGS: Readonly<Record<string, string>> = {
  active_build_count: 'Builds that the worker has in hand. 0 from one that held a build gives the build back.',
  attempt: 'The attempt that the caller was given. Said, it is checked: a stale attempt changes nothing.',
  auto_fixed: 'The worker has put it right itself.',
  build_id: 'The build.',
  capabilities: 'Of them `platforms` decides which builds the worker is given; without it, iOS.',
  certs: 'Signing material in base64: a ZIP, or a PKCS#12 file.',
  certs_password: 'The password of the PKCS#12 file.',
  checks: 'What was looked at, one by one.',
  cursor: 'Where to go on: as the page before gave it.',
  data: 'Figures of the machine.',
  draining: 'False takes it back.',
  duration_ms: 'How long it took.',
  error: 'Why, for people.',
  failure_kind:
    'What failed: the build itself (`build`, also where nothing is said), or the delivery of what it made (`upload`).',
  error_message: 'Why it failed, for people.',
  expires_days: 'From now on. Absent: until it is revoked.',
  file: 'A file of the page, as the page names it.',
  filename: 'The name that a download of the result is given.',
  id: 'What the request is about.',
  first_line:
    'How many lines of this attempt were sent before. With it and `attempt` a repeated call, whose answer was lost, adds nothing.',
  label: 'Has this label: `team` means `team=red` as well. Several, with commas between them, are all asked.',
  labels: 'Of a build: only a worker that has all of them is given it. Of a worker: those that it has.',
  level: 'How grave the line is.',
  limit: 'At most so many.',
  logs: 'Lines in their order.',
  message: 'The line.',
  name: 'For people.',
  otp: 'The one-time password, as the job has it.',
  parts: 'Asks for an upload in parts: each of `size` bytes but the last, with the SHA-256 of each.',
  platform: 'Workers for it are given the build.',
  priority: 'The higher goes first; each point is worth as much as ten minutes of waiting.',
  profiles: 'Provisioning profiles, each in base64.',
  progress: 'In percent.',
  reason: 'Why, for people.',
  reuse:
    '`now`: what the same key has uploaded before, and is still kept, need not be sent. `later`: it is sent, for the next time.',
  scopes: 'What the key may do.',
  sha256: 'Of the whole file, in lower-case hex. The upload is bound to it.',
  size: 'Of the whole file, in bytes. The upload is bound to it.',
  status: 'How it stands.',
  submitted_after: 'At or after this moment, in milliseconds since 1970.',
  submitted_before: 'Before this moment, in milliseconds since 1970.',
  success: 'Absent: true.',
  text: 'Part of an id, a label, the name of a worker or of the result, or the reason of a failure; in any case.',
  type: 'What kind of sign it is.',
  upload_id: 'As the creation of the upload answered it.',
  which: 'Which file of the build. Absent: its result.',
  worker_id: 'Which worker speaks. A token says it itself; who comes with an API key must.',
};
