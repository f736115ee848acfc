import type { Controller, TestWorker } from './controller.ts';
import { vmScene } from './vm-scene.ts';

type Headers = Readonly<Record<string, string | string[]>>;

/** One way to come with something, or with nothing. `isUnnamed`: without the id of a worker beside it. */
export interface Credential {
  readonly headers: Headers;
  readonly isUnnamed?: true;
}

/** Credentials that must be treated alike everywhere, by what they are. */
type Credentials = Readonly<Record<string, Readonly<Record<string, Credential>>>>;

/** A build that a worker holds, and what a request about them must name. */
export interface Held {
  readonly build: { readonly id: string; readonly token: string };
  readonly otp: string;
  readonly holder: TestWorker;
  /** Of its virtual machine, and the one for signs of life alone. */
  readonly vmToken: string;
  readonly beatToken: string;
  /** The token before the holder's last registration. */
  readonly previous: string;
}

export type AccessScene = Awaited<ReturnType<typeof accessScene>>;

/** A controller with keys, workers and builds of each kind, good and bad. */
export async function accessScene(controller: Controller) {
  const key = (scopes: string[]) => newKey(controller, scopes);
  const keys = {
    admin: await key(['admin']),
    read: await key(['read']),
    submit: await key(['submit']),
    otherSubmit: await key(['submit']),
    work: await key(['work']),
    workAny: await key(['work-any']),
    expired: await key(['admin']),
    revoked: await key(['admin']),
  };
  await controller.tamper('KEYS', `KEY#${keys.expired.slice(0, 21)}`, { validUntil: Date.now() - 1 });
  await controller.request('POST', `/api/keys/${keys.revoked.slice(0, 21)}/revoke`, { headers: controller.key });

  const revoked = await controller.register('revoked');
  const revokedAgain = await controller.register('revoked', ['ios'], { id: revoked.id });
  await controller.request('POST', `/api/workers/${revoked.id}/unregister`, { headers: controller.key });
  const expired = await controller.register('expired');
  await controller.tamperWorker(expired.id, { tokenExpiresAt: Date.now() - 1 });
  const idle = await controller.register('idle');
  // For the other platform, so that the holder is never given it.
  const otherBuild = await controller.submit('android');
  const otherHeld = await hold(controller, keys.submit);
  const workers = { idle, expired, revoked: { id: revoked.id, tokens: [revokedAgain.token, revoked.token] } };

  return {
    controller,
    keys,
    workers,
    otherBuild,
    /** A new one, submitted with the key that may submit, held by a worker that has begun it. */
    hold: () => hold(controller, keys.submit),
    credentialsFor: (held: Held) =>
      credentialsFor(controller.apiKey, keys, workers, { token: otherBuild.token, held: otherHeld }, held),
  };
}

async function newKey(controller: Controller, scopes: string[]): Promise<string> {
  const json = { name: scopes.join(), scopes };
  return (await controller.request('POST', '/api/keys', { headers: controller.key, json })).body.key;
}

async function hold(controller: Controller, key: string): Promise<Held> {
  // What an earlier scene gave back must not come first.
  await controller.purge('ios');
  const form = new FormData();
  form.append('platform', 'ios');
  form.append('source', new Blob([crypto.randomUUID()]), 'project.zip');
  const submitted = await controller.request('POST', '/api/builds', { headers: { 'x-api-key': key }, body: form });
  const build = { id: submitted.body.id, token: submitted.body.access_token };
  const before = await controller.register('holder');
  const { job } = (await controller.poll(before)).body;
  // Its former token stays good for what it was given with that; `earlier-process.test.ts` has what it is not good for.
  const holder = await controller.register('holder', ['ios'], { id: before.id });
  if (job?.id !== build.id) throw new Error(`the worker was given ${job?.id} instead of ${build.id}`);
  const vm = vmScene(controller);
  const vmToken = (await vm.authenticate(build.id, job.otp)).body.vm_token;
  await vm.ready(build.id, vmToken);
  const beatToken = (await vm.status(build.id)).body.vm_token;
  return { build, otp: job.otp, holder, previous: before.token, vmToken, beatToken };
}

type Keys = Record<'admin' | 'read' | 'submit' | 'otherSubmit' | 'work' | 'workAny' | 'expired' | 'revoked', string>;
interface Workers {
  readonly idle: TestWorker;
  readonly expired: TestWorker;
  readonly revoked: { readonly id: string; readonly tokens: readonly string[] };
}

const byKey = (key: string | string[], beside: Headers = {}): Credential => ({
  headers: { ...beside, 'x-api-key': key },
});
const byBuildToken = (token: string, beside: Headers = {}): Credential => ({
  headers: { ...beside, 'x-build-token': token },
});
const byWorkerToken = (token: string, beside: Headers = {}): Credential => ({
  headers: { ...beside, 'x-worker-token': token },
});
const byVmToken = (token: string, beside: Headers = {}): Credential => ({
  headers: { ...beside, 'x-vm-token': token },
});

/** Like it, and not it. */
const spoiled = (secret: string) => ({
  'right prefix': `${secret.slice(0, -1)}${secret.endsWith('x') ? 'y' : 'x'}`,
  'one letter more': `${secret}x`,
  'cut short': secret.slice(0, -1),
  'upper case': secret.toUpperCase(),
  'lower case': secret.toLowerCase(),
});

function each(secrets: Readonly<Record<string, string>>, by: (secret: string) => Credential) {
  return Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, by(secret)]));
}

/** A build that waits, and one that another worker holds. */
interface Others {
  readonly token: string;
  readonly held: Held;
}

function credentialsFor(root: string, keys: Keys, workers: Workers, others: Others, held: Held) {
  const { build, holder, previous, otp, vmToken, beatToken } = held;
  const otherToken = others.token;
  const likeVm = spoiled(vmToken);
  const likeBeat = spoiled(beatToken);
  const ids = { 'x-worker-id': holder.id, 'x-build-id': build.id };
  const [revoked = '', revokedPrevious = ''] = workers.revoked.tokens;
  const empty = { 'x-api-key': '', 'x-build-token': '', 'x-worker-token': '', 'x-vm-token': '' };
  return {
    nothing: {
      'no header': { headers: {} },
      'empty headers': { headers: empty },
      'the worker’s id': { headers: { 'x-worker-id': holder.id } },
      'the key as Bearer': { headers: { authorization: `Bearer ${root}` } },
      'the key as cookie': { headers: { cookie: `x-api-key=${root}` } },
    },
    'ids and no secret': {
      'of worker and build': { headers: ids },
      'beside empty headers': { headers: { ...empty, ...ids } },
    },
    'bad key': {
      ...each({ wrong: 'x'.repeat(43), ...spoiled(root) }, byKey),
      ...each({ 'build token': build.token, 'worker token': holder.token, 'one-time password': otp }, byKey),
      'two headers': byKey([root, root]),
      'the id of a good one': byKey(`${keys.admin.slice(0, 21)}${'x'.repeat(43)}`),
      'good one in upper case': byKey(keys.admin.toUpperCase()),
      'eight thousand letters': byKey('x'.repeat(8_000)),
      expired: byKey(keys.expired),
      revoked: byKey(keys.revoked),
    },
    'project key': {
      alone: byKey(root),
      'beside empty headers': byKey(root, empty),
      'beside bad tokens': byKey(root, { 'x-build-token': 'x', 'x-worker-token': 'x' }),
      'beside spoiled tokens': byKey(root, {
        'x-build-token': otherToken,
        'x-worker-token': spoiled(holder.token)['right prefix'],
      }),
    },
    'project key beside a machine’s token that is none': { both: byKey(root, { 'x-vm-token': 'x' }) },
    'project key, no worker named': { alone: { ...byKey(root), isUnnamed: true } },
    'admin key': { alone: byKey(keys.admin) },
    'read key': { alone: byKey(keys.read) },
    'submit key of the build': { alone: byKey(keys.submit) },
    'submit key of others': { alone: byKey(keys.otherSubmit) },
    'work key': { alone: byKey(keys.work), 'beside the ids': byKey(keys.work, ids) },
    'work key for any worker': { alone: byKey(keys.workAny) },
    'build token': {
      alone: byBuildToken(build.token),
      'beside an empty key': byBuildToken(build.token, byKey('').headers),
    },
    'build token beside a bad key': {
      wrong: byBuildToken(build.token, byKey('wrong').headers),
      revoked: byBuildToken(build.token, byKey(keys.revoked).headers),
    },
    'build token beside a submit key of others': { both: byBuildToken(build.token, byKey(keys.otherSubmit).headers) },
    'bad build token': {
      ...each({ 'of another build': otherToken, ...spoiled(build.token) }, byBuildToken),
      ...each({ key: root, 'worker token': holder.token, 'one-time password': otp }, byBuildToken),
      'two headers': { headers: { 'x-build-token': [build.token, build.token] } },
    },
    'worker token of the holder': {
      alone: byWorkerToken(holder.token),
      previous: byWorkerToken(previous),
      'beside an empty key': byWorkerToken(holder.token, byKey('').headers),
      'beside another worker’s id': byWorkerToken(holder.token, { 'x-worker-id': workers.idle.id }),
    },
    'worker token of the holder beside a bad key': {
      wrong: byWorkerToken(holder.token, byKey('wrong').headers),
      expired: byWorkerToken(holder.token, byKey(keys.expired).headers),
    },
    'worker token of the holder beside a work key': { both: byWorkerToken(holder.token, byKey(keys.work).headers) },
    'worker token of another beside a work key': {
      'and the holder’s id': byWorkerToken(workers.idle.token, { ...ids, ...byKey(keys.work).headers }),
    },
    'worker token of another': {
      alone: byWorkerToken(workers.idle.token),
      'beside the holder’s id': byWorkerToken(workers.idle.token, ids),
    },
    'bad worker token': {
      ...each(spoiled(holder.token), byWorkerToken),
      ...each({ key: root, 'build token': build.token, 'one-time password': otp }, byWorkerToken),
      'the holder’s id and another secret': byWorkerToken(`${holder.id}${workers.idle.token.slice(21)}`),
      expired: byWorkerToken(workers.expired.token),
      revoked: byWorkerToken(revoked),
      'revoked, previous': byWorkerToken(revokedPrevious),
      'two headers': { headers: { 'x-worker-token': [holder.token, holder.token] } },
    },
    'machine’s token': {
      alone: byVmToken(vmToken),
      'beside an empty key': byVmToken(vmToken, byKey('').headers),
      'beside the ids': byVmToken(vmToken, ids),
    },
    'machine’s token of another': {
      ...each(
        { 'of another build': others.held.vmToken, 'one-time password': otp, 'build token': build.token },
        byVmToken,
      ),
      ...each({ prefix: likeVm['right prefix'], upper: likeVm['upper case'], lower: likeVm['lower case'] }, byVmToken),
    },
    'token for signs of life': { alone: byVmToken(beatToken), 'beside the ids': byVmToken(beatToken, ids) },
    'token for signs of life of another': {
      ...each({ 'of another build': others.held.beatToken, prefix: likeBeat['right prefix'] }, byVmToken),
    },
    'machine’s token that is none': {
      ...each(
        { longer: `${vmToken}x`, shorter: vmToken.slice(1), 'worker token': holder.token, 'a key': keys.work },
        byVmToken,
      ),
      'two headers': { headers: { 'x-vm-token': [vmToken, vmToken] } },
    },
  } as const satisfies Credentials;
}

export type CredentialKind = keyof ReturnType<typeof credentialsFor>;
