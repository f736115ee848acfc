import { join } from 'node:path';
import { type Emulator, startEmulator } from './emulator.ts';
import { installJars } from './install.ts';

const VERSION = '1.6.12';

export async function startElasticMq(): Promise<Emulator> {
  const jars = installJars(`elasticmq-${VERSION}`, join(import.meta.dirname, 'elasticmq.pom.xml'));
  const settings = (port: number) => [
    '-Drest-sqs.bind-hostname=127.0.0.1',
    `-Drest-sqs.bind-port=${port}`,
    '-Dnode-address.host=127.0.0.1',
    `-Dnode-address.port=${port}`,
    // A web page of its own on a fixed port.
    '-Drest-stats.enabled=false',
  ];
  return startEmulator({
    name: 'ElasticMQ',
    command: (port) => ['java', '-Xmx256m', ...settings(port), '-cp', join(jars, '*'), 'org.elasticmq.server.Main'],
    healthPath: '/health',
  });
}
