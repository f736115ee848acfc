import { curl } from './curl.ts';
import { openCerts } from './opened-certs.ts';
import { ClientGaveUp, exactly200, type Site, safeWord } from './wire.ts';

const RETRY_AFTER_MS = [5_000, 15_000, 45_000];

/** V1, the first scripts in the virtual machine: the shared key, and ids that say who asks. */
export function v1(site: Site, workerId: string, buildId: string) {
  safeWord('worker id', workerId);
  safeWord('build id', buildId);
  const path = `${site.url}/api/builds/${buildId}`;
  const key = ['-H', `X-API-Key: ${site.apiKey}`, '-H', `X-Worker-Id: ${workerId}`];
  const ids = [...key, '-H', `X-Build-Id: ${buildId}`];
  const json = ['-X', 'POST', '-H', 'Content-Type: application/json'];

  return {
    /** 403 and 404 are final; everything else is tried three times more. */
    certs: async () => {
      for (const waitMs of [...RETRY_AFTER_MS, undefined]) {
        const answer = await curl('--max-time', '30', ...ids, `${path}/certs-secure`);
        if (answer.status === 200) return openCerts(answer.text);
        if (answer.status === 403 || answer.status === 404 || waitMs === undefined) {
          throw new ClientGaveUp(`certs-secure answered ${answer.status}: ${answer.text}`);
        }
        await site.pause(waitMs);
      }
      throw new ClientGaveUp('not reached');
    },
    /** The text goes into the JSON as it is; nothing is escaped, and nobody looks at the answer. */
    log: (text: string) =>
      curl(
        '--max-time',
        '10',
        ...key,
        ...json,
        '--data-binary',
        `{"level":"info","message":"${text}"}`,
        `${path}/logs`,
      ),
    telemetry: async (type: string, data: object) => {
      const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
      exactly200('telemetry', await curl(...ids, ...json, '-d', body, `${path}/telemetry`));
    },
  };
}
