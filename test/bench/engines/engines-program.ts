import { createServer } from 'node:http';
import { createAwsClients } from '../../../infra/local/aws-clients.ts';
import { createClosers } from '../../../infra/local/closers.ts';
import { openDataDir } from '../../../infra/local/data-dir.ts';
import { startEngines } from '../../../infra/local/engines.ts';
import { listen } from '../../../infra/local/listen.ts';
import { provision } from '../../../infra/local/provision.ts';
import { createS3Door } from '../../../infra/local/s3-door.ts';

/** The embedded engines and nothing else, until standard input ends. Says where they are in one line. */
const [dataDir = ''] = process.argv.slice(2);
const closers = createClosers();
openDataDir(dataDir);
const { endpoints, region, credentials, s3 } = await startEngines(dataDir, {}, closers);
const clients = createAwsClients(endpoints, region, credentials);
closers.add(() => clients.close());
const resources = await provision(clients, 'local');

/** Where presigned addresses lead, as they do on the controller's own port. */
const server = createServer();
const outside = await listen(server, 0, '127.0.0.1');
closers.add(() => outside.close(0));
if (!s3) throw new Error('the file store is elsewhere');
const door = createS3Door({
  buckets: [resources.buckets.sources, resources.buckets.results],
  signer: { credentials, publicHost: new URL(outside.url).host },
  clock: Date.now,
  serve: s3.serve,
});
server.on('request', (request, response) => door.handle(request, response, () => {}));

console.log(JSON.stringify({ endpoints, s3PublicUrl: outside.url, region, credentials, resources }));
process.stdin.resume().once('end', async () => {
  await closers.closeAll();
  process.exit(0);
});
