import { join } from 'node:path';
import { systemClock } from '../lib/client/clock.ts';
import { fetchFile, PartialFile } from '../lib/client/transfer/fetch-file.ts';
import { flatWithin } from './bench/design/targets.ts';
import {
  clientOf,
  fetchAsWorker,
  growthsOf,
  makeFile,
  MB,
  onScene,
  type Scene,
  SIZES,
  transferAll,
  uploadInParts,
} from './transfers/large-files.ts';
import { transferFaults } from './transfers/transfer-faults.ts';

const HELP = `Passes large files through the single-machine controller, a process of its own, and measures its memory (the kernel's
VmHWM, set back before each transfer): 100 MB and 500 MB as an old client's multipart/form-data and as a presigned upload in
parts, each fetched again by a worker and compared. Then breaks an upload and a download and counts what is sent again.
Ends with 1 if bytes differ, 500 MB need over ${flatWithin} more memory than 100 MB, or a finished part is sent twice.

Usage: npm run test:transfers
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  if (args.length > 0) {
    process.stdout.write(HELP);
    return args.includes('--help') ? 0 : 2;
  }
  return onScene(report);
}

async function report(scene: Scene): Promise<number> {
  const rows = await transferAll(scene);
  console.log('way                   size  bytes    peak up  peak down  seconds');
  for (const { way, size, isSame, upMiB, downMiB, seconds } of rows) {
    const bytes = isSame ? 'same' : 'DIFFER';
    const peaks = `${upMiB.toFixed(0).padStart(6)} MiB ${downMiB.toFixed(0).padStart(6)} MiB`;
    console.log(`${way.padEnd(20)} ${size / MB} MB  ${bytes.padEnd(6)} ${peaks} ${seconds.toFixed(1).padStart(8)}`);
  }
  const growths = growthsOf(rows);
  for (const { way, direction, growth } of growths) {
    console.log(`${way}, ${direction}: 500 MB take ${growth.toFixed(2)} × the memory of 100 MB`);
  }
  const faults = [
    ...transferFaults({ rows, growths }),
    ...(await brokenUpload(scene)),
    ...(await brokenDownload(scene)),
  ];
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(
    faults.length === 0
      ? 'Large transfers hold: same bytes, flat memory, nothing sent twice'
      : `${faults.length} faults`,
  );
  return faults.length === 0 ? 0 : 1;
}

/** Ended in its fourth part by its client, and gone on with by another, who knows no more than the id. */
async function brokenUpload(scene: Scene): Promise<string[]> {
  const { path, digest } = await makeFile(scene.folder, SIZES[0]);
  const { passed } = scene.proxy;
  const from = passed.length;
  const stop = new AbortController();
  let uploadId = '';
  const interrupted = uploadInParts(scene, path, digest, {
    context: { clock: systemClock, random: Math.random, signal: stop.signal },
    onBegun: (id: string) => {
      uploadId = id;
    },
    onProgress: (sent: number) => {
      if (sent > SIZES[0] / 2) stop.abort(new Error('interrupted'));
    },
  });
  const wasInterrupted = await interrupted.then(
    () => false,
    (error: unknown) => error === stop.signal.reason,
  );
  const parts = () => passed.slice(from).filter(({ method, status }) => method === 'PUT' && status === 200);
  const before = parts().length;
  const isSameUpload = (await uploadInParts(scene, path, digest, { uploadId })) === uploadId;
  const sentBytes = parts().reduce((sum, part) => sum + part.sentBytes, 0);
  console.log(
    `broken upload: ${before} parts before, ${parts().length - before} after, ${sentBytes} of ${digest.size} bytes in all`,
  );
  const holds = wasInterrupted && isSameUpload && before > 0 && sentBytes === digest.size;
  const { id } = await clientOf(scene).submit('ios', uploadId);
  const isSame = (await fetchAsWorker(scene, id)).sha256 === digest.sha256;
  return [
    ...(holds ? [] : ['the broken upload sent parts twice']),
    ...(isSame ? [] : ['the broken upload: other bytes']),
  ];
}

async function brokenDownload(scene: Scene): Promise<string[]> {
  const { controller, proxy, folder } = scene;
  const { http } = controller;
  const { path, digest } = await makeFile(folder, SIZES[0]);
  const { id, access_token } = await clientOf(scene).submit('ios', await uploadInParts(scene, path, digest));
  const isDownload = ({ url = '' }: { url?: string | undefined }) => url.endsWith('/download/source');
  const partial = new PartialFile();
  const fetchOnce = () =>
    fetchFile({
      baseUrl: proxy.url,
      url: `${proxy.url}/api/builds/${id}/download/source`,
      credentials: { 'X-Build-Token': access_token },
      expected: digest,
      partPath: () => join(folder, 'download'),
      partial,
    });
  proxy.cut(isDownload, 1, 60 * MB);
  const isBroken = await fetchOnce().then(
    () => false,
    () => true,
  );
  const { sha256 } = await fetchOnce();
  const again = proxy.passed.filter(isDownload).at(-1);
  console.log(
    `broken download: cut after 60 MB, then ${again?.receivedBytes} of ${digest.size} bytes came (${again?.status})`,
  );
  await http.request('POST', `/api/builds/${id}/cancel`, { headers: http.key });
  const holds = isBroken && again?.status === 206 && again.receivedBytes < digest.size / 2 && sha256 === digest.sha256;
  return holds ? [] : ['the broken download began again, or brought other bytes'];
}
