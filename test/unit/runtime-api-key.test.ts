import { afterEach, describe, expect, it } from 'vitest';
import { API_KEY_REFUSAL, BadEnvironment, withKeptApiKey, withKeptCertsKey } from '../../lib/runtime/api-key.ts';
import { storedSecret } from '../../lib/runtime/stored-secret.ts';
import { type ParameterStore, parameter, refusal, startParameterStore } from '../support/parameter-store.ts';

const NAME = '/buildlatch/test/api-key';
const KEY = 'k'.repeat(43);

describe('the kept API key', () => {
  it('is read by its name, once, and stands where a local key would', async () => {
    const asked: string[] = [];
    const source = { API_KEY_PARAMETER: NAME, TABLE_NAME: 'builds' };
    const read = async (name: string) => {
      asked.push(name);
      return KEY;
    };
    expect(await withKeptApiKey(source, read)).toEqual({ ...source, CONTROLLER_API_KEY: KEY });
    expect(asked).toEqual([NAME]);
  });

  it('is not asked for where no name is given, and the environment stays the live one', async () => {
    const source = { CONTROLLER_API_KEY: KEY };
    const read = () => Promise.reject(new Error('must not be read'));
    expect(await withKeptApiKey(source, read)).toBe(source);
  });

  it('that cannot be read is refused in the words for a missing one, with the reason behind', async () => {
    const read = () => Promise.reject(new Error('400 AccessDeniedException'));
    const refused = withKeptApiKey({ API_KEY_PARAMETER: NAME }, read);
    await expect(refused).rejects.toThrow(BadEnvironment);
    await expect(refused).rejects.toThrow(
      `${API_KEY_REFUSAL}\nThe parameter ${NAME} could not be read: 400 AccessDeniedException`,
    );
  });
});

describe('the kept key for signing material', () => {
  const CERTS_NAME = '/buildlatch/test/certs-key';

  it('is read by its name where one is given, and only there', async () => {
    const source = { CERTS_KEY_PARAMETER: CERTS_NAME };
    expect(await withKeptCertsKey(source, async (name) => `${name}?`)).toEqual({
      ...source,
      CERTS_KEY: `${CERTS_NAME}?`,
    });
    const without = { CERTS_KEY: KEY };
    expect(await withKeptCertsKey(without, () => Promise.reject(new Error('must not be read')))).toBe(without);
  });

  it('that cannot be read is a bad environment, which says why', async () => {
    const read = () => Promise.reject(new Error('400 AccessDeniedException'));
    const refused = withKeptCertsKey({ CERTS_KEY_PARAMETER: CERTS_NAME }, read);
    await expect(refused).rejects.toThrow(BadEnvironment);
    await expect(refused).rejects.toThrow(/^CERTS_KEY: .*certs-key could not be read: 400 AccessDeniedException$/);
  });
});

describe('a stored secret', () => {
  let store: ParameterStore | undefined;
  afterEach(() => store?.close());

  const pauses: number[] = [];
  async function read(answer: Parameters<typeof startParameterStore>[0]): Promise<string | undefined> {
    store = await startParameterStore(answer);
    pauses.length = 0;
    const source = {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'session',
      AWS_ENDPOINT_URL: store.url,
    };
    return storedSecret(NAME, source, async (ms) => {
      pauses.push(ms);
    });
  }

  it('is asked for decrypted, signed for SSM in the region, with the role of the function', async () => {
    expect(await read(() => parameter(KEY))).toBe(KEY);
    const [asked] = store?.asked ?? [];
    expect(asked?.body).toEqual({ Name: NAME, WithDecryption: true });
    expect(asked?.headers).toMatchObject({
      'x-amz-target': 'AmazonSSM.GetParameter',
      'x-amz-security-token': 'session',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/ssm\/aws4_request, SignedHeaders=\S*host\S*x-amz-target, Signature=[0-9a-f]{64}$/,
      ),
    });
  });

  it('that is not there is undefined, and not asked for again', async () => {
    expect(await read(() => refusal(400, 'com.amazonaws.ssm#ParameterNotFound'))).toBeUndefined();
    expect(store?.asked).toHaveLength(1);
  });

  it('is asked for again after a throttle or a fault of AWS, three times in all', async () => {
    const answers = [refusal(400, 'ThrottlingException'), refusal(500, 'InternalServerError'), parameter(KEY)];
    expect(await read((_name, count) => answers[count - 1] ?? parameter(''))).toBe(KEY);
    expect(pauses).toEqual([300, 600]);
    await store?.close();
    await expect(read(() => refusal(503, ''))).rejects.toThrow('503');
    expect(store?.asked).toHaveLength(3);
  });

  it('that the role may not read fails at once and says so', async () => {
    await expect(read(() => refusal(400, 'AccessDeniedException'))).rejects.toThrow('400 AccessDeniedException');
    expect(store?.asked).toHaveLength(1);
  });
});
