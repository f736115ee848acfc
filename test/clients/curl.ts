import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

export interface CurlAnswer {
  readonly status: number;
  readonly text: string;
  readonly bytes: Buffer;
}

/** The real curl, as the scripts in the virtual machines call it: no `-L`, the status from `-w`, the body in a file. */
export async function curl(...args: string[]): Promise<CurlAnswer> {
  return inFolder(async (folder) => {
    const output = join(folder, 'answer');
    const status = await run('curl', ['-s', '-S', '-o', output, '-w', '%{http_code}', ...args]);
    const bytes = await readFile(output).catch(absent);
    return { status: Number(status), bytes, text: bytes.toString('utf8') };
  });
}

/** An answer without a body leaves no file. */
function absent(error: NodeJS.ErrnoException): Buffer {
  if (error.code === 'ENOENT') return Buffer.alloc(0);
  throw error;
}

export async function curlUpload(field: string, bytes: Uint8Array, ...args: string[]): Promise<CurlAnswer> {
  return inFolder(async (folder) => {
    const path = join(folder, 'artifact.ipa');
    await writeFile(path, bytes);
    return curl('-F', `${field}=@${path}`, ...args);
  });
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-curl-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
