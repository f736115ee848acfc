import { createHash, createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';

/**
 * One signed call, with the signer that the bundles have anyway: the SDK's client for SSM would add 77 KB to each of them.
 */

/** Together less than the 10 s that Lambda gives a function to start. */
const MAX_TRIES = 3;
const TRY_MS = 2_000;
const PAUSE_MS = 300;

type Source = Readonly<Record<string, string | undefined>>;

/** The decrypted value of an SSM parameter; undefined where there is none. `source` has what Lambda tells a function. */
export async function storedSecret(
  name: string,
  source: Source,
  pause: (ms: number) => Promise<void> = wait,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await getParameter(name, source);
    } catch (error) {
      // A refusal stays one; what AWS says itself may pass, and what did not reach it, is asked again.
      if (tries === MAX_TRIES || (error instanceof ParameterRefused && !error.isTemporary)) throw error;
      await pause(PAUSE_MS * tries);
    }
  }
}

class ParameterRefused extends Error {
  readonly isTemporary: boolean;
  constructor(message: string, isTemporary: boolean) {
    super(message);
    this.isTemporary = isTemporary;
  }
}

async function getParameter(name: string, source: Source): Promise<string | undefined> {
  const { url, headers, body } = await signedRequest(name, source);
  const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TRY_MS) });
  const { Parameter, __type = '' } = (await answer.json()) as { Parameter?: { Value?: string }; __type?: string };
  if (answer.ok) return Parameter?.Value;
  const code = __type.split('#').at(-1) ?? '';
  if (code === 'ParameterNotFound') return undefined;
  throw new ParameterRefused(`${answer.status} ${code}`, answer.status >= 500 || /Throttl|TooMany/.test(code));
}

async function signedRequest(name: string, source: Source) {
  const region = source['AWS_REGION'] ?? '';
  const endpoint =
    source['AWS_ENDPOINT_URL_SSM'] ?? source['AWS_ENDPOINT_URL'] ?? `https://ssm.${region}.amazonaws.com`;
  const url = new URL(endpoint);
  const sessionToken = source['AWS_SESSION_TOKEN'];
  const signer = new SignatureV4({
    service: 'ssm',
    region,
    sha256: Sha256,
    credentials: {
      accessKeyId: source['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: source['AWS_SECRET_ACCESS_KEY'] ?? '',
      ...(sessionToken && { sessionToken }),
    },
  });
  const body = JSON.stringify({ Name: name, WithDecryption: true });
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    query: {},
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonSSM.GetParameter',
    },
    body,
  };
  const { headers } = await signer.sign(request);
  return { url, headers, body };
}

/** What the signer asks of a hash. */
class Sha256 {
  readonly #hash;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('each hash is used once');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(new Uint8Array(data));
}
