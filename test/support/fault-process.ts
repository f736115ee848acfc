import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, paginateScan, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { loadCredentials } from '../../infra/local/credentials.ts';
import { tableName } from '../../infra/tables.ts';
import { client } from './controller.ts';

const START = fileURLToPath(new URL('../../infra/local/start.ts', import.meta.url));

export interface ControllerProcess {
  readonly pid: number;
  readonly http: ReturnType<typeof client>;
  /** Resolves with the exit code, or null after a signal that was not handled. */
  readonly ended: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
}

/** `npm start` (or another `program` that starts a controller) as a process of its own, that can be killed as any can. */
export async function startControllerProcess(
  dataDir: string,
  apiKey: string,
  more: Readonly<Record<string, string>> = {},
  program = START,
): Promise<ControllerProcess> {
  const { PATH = '' } = process.env;
  // One address for all that a test lets loose at once.
  const unlimited = { RATE_LIMIT_PER_KEY: '0', RATE_LIMIT_PER_ADDRESS: '0', RATE_LIMIT_FAILED_AUTH: '0' };
  const own = { DATA_DIR: dataDir, CONTROLLER_API_KEY: apiKey, PORT: '0', SCHEDULE_SECONDS: '1' };
  const settings = { ...unlimited, ...own, ...more };
  const child = spawn(process.execPath, [program], {
    env: { PATH, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const url = await Promise.race([urlOf(child), ended.then((code) => Promise.reject(new Error(`it ended: ${code}`)))]);
  return {
    pid: child.pid ?? 0,
    http: client(url, apiKey),
    ended,
    signal: (name) => void child.kill(name),
  };
}

/** The line that says where it listens; what comes after is read and dropped, or its pipe would fill. */
function urlOf({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (!stdout) return;
    createInterface({ input: stdout }).on('line', (line) => {
      const url = /^Buildlatch listening on (http:\S+)$/.exec(line)?.[1];
      if (url) resolve(url);
    });
  });
}

/** Processes whose command line names the directory's database: the engine and its guard. */
export function enginePids(dataDir: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => commandLine(pid).includes(`${dataDir}/dynamodb.sqlite`)).map(Number);
}

function commandLine(pid: string | number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return '';
    throw error;
  }
}

/** The table behind a controller process: its engine's port is on the engine's command line. */
export function openTableOf(dataDir: string) {
  const commands = enginePids(dataDir).map(commandLine);
  const port = commands.flatMap((command) => /--port\0(\d+)/.exec(command)?.[1] ?? [])[0];
  const credentials = loadCredentials(dataDir);
  const dynamo = new DynamoDBClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials });
  const TableName = tableName('local');
  return {
    items: async (sk: 'BUILD' | 'WORKER') => {
      const found: Record<string, unknown>[] = [];
      for await (const page of paginateScan({ client: dynamo }, { TableName, ConsistentRead: true })) {
        found.push(...(page.Items ?? []).map((item) => unmarshall(item)).filter((item) => item['sk'] === sk));
      }
      return found;
    },
    /** Brings the sweep's next look at a build forward to now. */
    makeDue: async (buildId: string) => {
      await dynamo.send(
        new UpdateItemCommand({
          TableName,
          Key: marshall({ pk: `BUILD#${buildId}`, sk: 'BUILD' }),
          UpdateExpression: 'SET dueAt = :past',
          ConditionExpression: 'attribute_exists(duePartition)',
          ExpressionAttributeValues: marshall({ ':past': 1 }),
        }),
      );
    },
    close: () => dynamo.destroy(),
  };
}
