import { ClientGaveUp, exactly200, file, form, type Reply, type Site, safeWord, send } from './wire.ts';

/** What the Swift workers have in common: their registration, and uploads by a form with the text before the file. */

export const CAPABILITIES = {
  platforms: ['ios'],
  maxConcurrentBuilds: 1,
  maxMemoryGB: 8,
  maxCPUPercent: 70,
  xcode_version: '15.1',
};

export interface Job {
  readonly id: string;
  readonly source_url: string;
  readonly otp?: string;
}

export interface Outcome {
  readonly result?: Buffer;
  readonly error?: string;
}

export const decode = (reply: Reply) => JSON.parse(reply.text);

/** `job` may be null; its URL is put behind the controller's, so it must begin with a slash. */
export function jobOf(reply: Reply): Job | undefined {
  const { job } = decode(reply);
  if (job === null) return undefined;
  safeWord('job.id', job.id);
  if (!/^\/[A-Za-z0-9._/-]*$/.test(job.source_url)) throw new ClientGaveUp(`source_url ${job.source_url}`);
  return job;
}

/** The end of a build, with the key and the worker's id: no generation shows its token here. */
export async function upload(site: Site, workerId: string, buildId: string, outcome: Outcome): Promise<Reply> {
  const body = form([
    ['build_id', buildId],
    ['worker_id', workerId],
    ['success', outcome.error === undefined ? 'true' : 'false'],
    ...(outcome.error === undefined ? [] : [['error_message', outcome.error] as const]),
    ...(outcome.result ? [['result', file(outcome.result, `${buildId}.ipa`)] as const] : []),
  ]);
  const headers = { 'x-api-key': site.apiKey };
  const reply = await send('POST', `${site.url}/api/workers/upload`, { headers, body });
  exactly200('upload', reply);
  return reply;
}
