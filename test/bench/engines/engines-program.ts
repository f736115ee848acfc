import { createAwsClients } from '../../../infra/local/aws-clients.ts';
import { createClosers } from '../../../infra/local/closers.ts';
import { openDataDir } from '../../../infra/local/data-dir.ts';
import { startEngines } from '../../../infra/local/engines.ts';
import { provision } from '../../../infra/local/provision.ts';

/** The embedded engines and nothing else, until standard input ends. Says where they are in one line. */
const [dataDir = ''] = process.argv.slice(2);
const closers = createClosers();
openDataDir(dataDir);
const { endpoints, region, credentials } = await startEngines(dataDir, {}, closers);
const clients = createAwsClients(endpoints, region, credentials);
closers.add(() => clients.close());
console.log(JSON.stringify({ endpoints, region, credentials, resources: await provision(clients, 'local') }));
process.stdin.resume().once('end', async () => {
  await closers.closeAll();
  process.exit(0);
});
