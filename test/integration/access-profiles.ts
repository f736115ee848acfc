import type { CredentialKind } from '../support/access-scene.ts';

/** What each kind of credential is answered, by whom an endpoint is open to. */

/** Status and code. `in`: what the endpoint's own line says for whoever is let in. */
export type Answer = 'in' | readonly [status: number, code: string];
type Profile = Readonly<Record<CredentialKind, Answer>>;

const NO_KEY = [401, 'missing_credential'] as const;
const BAD_KEY = [403, 'invalid_credential'] as const;
const NO_SCOPE = [403, 'scope_missing'] as const;
const BAD_BUILD_TOKEN = [403, 'invalid_credential'] as const;
const BAD_WORKER_TOKEN = [401, 'worker_token_invalid'] as const;
const BAD_VM_TOKEN = [401, 'vm_token_invalid'] as const;
const NOT_HOLDER = [409, 'lease_lost'] as const;
const NOT_ASSIGNED = [403, 'not_assigned'] as const;
/** Not its own, or not there: it learns not which. */
const UNSEEN = [404, 'build_not_found'] as const;
const UNNAMED = [400, 'invalid_request'] as const;

/** Where only keys count, tokens are nothing. */
const ONLY_KEYS = {
  nothing: NO_KEY,
  'bad key': BAD_KEY,
  'project key': 'in',
  'project key beside a machine’s token that is none': 'in',
  'project key, no worker named': 'in',
  'admin key': 'in',
  'read key': NO_SCOPE,
  'submit key of the build': NO_SCOPE,
  'submit key of others': NO_SCOPE,
  'work key': NO_SCOPE,
  'work key for any worker': NO_SCOPE,
  'build token': NO_KEY,
  'build token beside a bad key': BAD_KEY,
  'build token beside a submit key of others': NO_SCOPE,
  'bad build token': NO_KEY,
  'worker token of the holder': NO_KEY,
  'worker token of the holder beside a bad key': BAD_KEY,
  'worker token of the holder beside a work key': NO_SCOPE,
  'worker token of another beside a work key': NO_SCOPE,
  'worker token of another': NO_KEY,
  'bad worker token': NO_KEY,
  'ids and no secret': NO_KEY,
  'machine’s token': NO_KEY,
  'machine’s token of another': NO_KEY,
  'token for signs of life': NO_KEY,
  'token for signs of life of another': NO_KEY,
  'machine’s token that is none': NO_KEY,
} as const satisfies Profile;

/** A build's tokens count beside keys. */
const OF_BUILD = {
  ...ONLY_KEYS,
  'submit key of the build': 'in',
  'submit key of others': UNSEEN,
  'build token': 'in',
  'build token beside a bad key': 'in',
  'build token beside a submit key of others': 'in',
  'bad build token': BAD_BUILD_TOKEN,
} as const satisfies Profile;

/** A worker's token counts, and where the request names the worker a key that may act as any. */
const OF_WORKER = {
  ...ONLY_KEYS,
  'project key, no worker named': UNNAMED,
  'work key for any worker': 'in',
  'worker token of the holder': 'in',
  'worker token of the holder beside a bad key': 'in',
  'worker token of the holder beside a work key': 'in',
  'worker token of another beside a work key': 'in',
  'worker token of another': 'in',
  'bad worker token': BAD_WORKER_TOKEN,
} as const satisfies Profile;

/** The token for signs of life is none here. */
const OF_MACHINE = {
  'machine’s token': 'in',
  'machine’s token of another': NOT_HOLDER,
  'token for signs of life': BAD_VM_TOKEN,
  'token for signs of life of another': BAD_VM_TOKEN,
  'machine’s token that is none': BAD_VM_TOKEN,
} as const;

const OF_HOLDER = {
  ...OF_WORKER,
  'worker token of another': NOT_HOLDER,
  'worker token of another beside a work key': NOT_HOLDER,
} as const satisfies Profile;
const ALIVE = {
  ...OF_HOLDER,
  ...OF_MACHINE,
  'token for signs of life': 'in',
  'token for signs of life of another': NOT_HOLDER,
} as const satisfies Profile;

export const PROFILES = {
  anyone: Object.fromEntries(Object.keys(ONLY_KEYS).map((kind) => [kind, 'in'])) as Profile,
  'anyone with a key': {
    ...ONLY_KEYS,
    'read key': 'in',
    'submit key of the build': 'in',
    'submit key of others': 'in',
    'work key': 'in',
    'work key for any worker': 'in',
    'build token beside a submit key of others': 'in',
    'worker token of the holder beside a work key': 'in',
    'worker token of another beside a work key': 'in',
  },
  'who administers': ONLY_KEYS,
  'who reads': { ...ONLY_KEYS, 'read key': 'in' },
  'who submits': {
    ...ONLY_KEYS,
    'submit key of the build': 'in',
    'submit key of others': 'in',
    'build token beside a submit key of others': 'in',
  },
  'who works': {
    ...ONLY_KEYS,
    'work key': 'in',
    'work key for any worker': 'in',
    'worker token of the holder beside a work key': 'in',
    'worker token of another beside a work key': 'in',
  },
  'who works as any': { ...ONLY_KEYS, 'work key for any worker': 'in' },
  'who reads the build': { ...OF_BUILD, 'read key': 'in' },
  'who submitted the build': OF_BUILD,
  'a worker': OF_WORKER,
  'a worker about itself': {
    ...OF_WORKER,
    'worker token of another': BAD_KEY,
    'worker token of another beside a work key': BAD_KEY,
  },
  'the holder': OF_HOLDER,
  'the holder or its machine': { ...OF_HOLDER, ...OF_MACHINE },
  'the holder or its machine, in the old words': {
    ...OF_HOLDER,
    ...OF_MACHINE,
    'worker token of another': NOT_ASSIGNED,
    'worker token of another beside a work key': NOT_ASSIGNED,
    'machine’s token of another': NOT_ASSIGNED,
  },
  'its machine alone': {
    ...(Object.fromEntries(Object.keys(ONLY_KEYS).map((kind) => [kind, NO_KEY])) as unknown as Profile),
    ...OF_MACHINE,
    'project key beside a machine’s token that is none': BAD_VM_TOKEN,
  },
  'who says that it lives': ALIVE,
  'who says that it lives, or only names it': { ...ALIVE, 'ids and no secret': 'in' },
} as const satisfies Record<string, Profile>;
