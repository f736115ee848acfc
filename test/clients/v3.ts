import { curl, curlUpload } from './curl.ts';
import { openCerts } from './opened-certs.ts';
import { ClientGaveUp, exactly200, type Site, safeWord } from './wire.ts';

const LINES_PER_CALL = 50;

/** V3, the last script in the virtual machine: a one-time password for a token, and then that token alone. It never asks twice. */
export function v3(site: Site, buildId: string, otp: string) {
  safeWord('build id', buildId);
  safeWord('otp', otp);
  const path = `${site.url}/api/builds/${buildId}`;
  const json = ['-X', 'POST', '-H', 'Content-Type: application/json'];
  let vm: string[] = [];

  async function authenticate(): Promise<string> {
    const answer = await curl('--max-time', '30', ...json, '-d', `{"otp":"${otp}"}`, `${path}/authenticate`);
    exactly200('authenticate', answer);
    const { vm_token, expires_at } = JSON.parse(answer.text);
    if (Number.isNaN(Date.parse(expires_at))) throw new ClientGaveUp(`expires_at is ${expires_at}`);
    vm = ['-H', `X-VM-Token: ${safeWord('vm_token', vm_token)}`];
    return vm_token;
  }

  /** A build without at least one profile cannot be signed. */
  async function certs() {
    const answer = await curl('--max-time', '30', ...vm, `${path}/certs-secure`);
    exactly200('certs-secure', answer);
    const opened = openCerts(answer.text);
    if (opened.provisioningProfiles.length === 0) throw new ClientGaveUp('no provisioning profiles');
    return opened;
  }

  /** An empty body under a content type. */
  async function ready(): Promise<void> {
    const answer = await curl('--max-time', '30', ...vm, ...json, '-d', '', `${path}/vm-ready`);
    exactly200('vm-ready', answer);
  }

  async function source(): Promise<Buffer> {
    const answer = await curl('--max-time', '300', ...vm, `${path}/source`);
    exactly200('source', answer);
    return answer.bytes;
  }

  /** Batches of 50; escapes backslash, quote and tab and no other control character. Nobody looks at the answer. */
  async function log(lines: readonly string[]): Promise<void> {
    for (let at = 0; at < lines.length; at += LINES_PER_CALL) {
      const entries = lines.slice(at, at + LINES_PER_CALL).map((line) => {
        const escaped = line.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\t', '\\t');
        return `{"level":"info","message":"${escaped}"}`;
      });
      const body = `{"logs":[${entries.join(',')}]}`;
      await curl('--max-time', '10', ...vm, ...json, '--data-binary', body, `${path}/logs`);
    }
  }

  async function artifact(bytes: Buffer): Promise<void> {
    exactly200('artifact', await curlUpload('artifact', bytes, '--max-time', '600', ...vm, `${path}/artifact`));
  }

  return { authenticate, certs, ready, source, log, artifact };
}
