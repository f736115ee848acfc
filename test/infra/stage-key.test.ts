import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { stageOf } from '../../infra/deploy/framework.ts';
import { checkStageKeys, howToStoreThem } from '../../infra/deploy/stage-key.ts';

const REFUSAL = 'CONTROLLER_API_KEY must be set and at least 32 characters';
const client = new SSMClient({ region: 'eu-west-1' });
const ssm = mockClient(client);
const notFound = new ParameterNotFound({ message: 'no', $metadata: {} });
const named = (Name: string) => ssm.on(GetParameterCommand, { Name, WithDecryption: true });
/** For the API key of every stage that is asked about here. */
const answers = (Value: string) =>
  ['dev', 'prod'].map((stage) => named(`/buildlatch/${stage}/api-key`).resolves({ Parameter: { Value } }));
const certsKey = (Value: string) =>
  ['dev', 'prod'].map((stage) => named(`/buildlatch/${stage}/certs-key`).resolves({ Parameter: { Value } }));

describe('a stage is deployed', () => {
  beforeEach(() => ssm.reset());

  it('with a good key, read decrypted from where its functions will read it', async () => {
    answers('k'.repeat(43));
    certsKey('c'.repeat(43));
    await checkStageKeys('prod', client);
    const inputs = ssm.commandCalls(GetParameterCommand).map(({ args }) => args[0].input);
    const names = ['/buildlatch/prod/api-key', '/buildlatch/prod/certs-key'];
    expect(inputs).toEqual(names.map((Name) => ({ Name, WithDecryption: true })));
    for (const name of names) expect(howToStoreThem('prod')).toContain(`--type SecureString --name ${name} `);
  });

  it('not without one, nor with a short one, in the exact words', async () => {
    ssm.on(GetParameterCommand).rejects(notFound);
    await expect(checkStageKeys('dev', client)).rejects.toThrow(REFUSAL);
    for (const short of ['', 'k'.repeat(31)]) {
      answers(short);
      await expect(checkStageKeys('dev', client)).rejects.toThrow(REFUSAL);
    }
  });

  it('not with a key that everybody knows, and the message does not hold it', async () => {
    const known = 'dev-api-key-minimum-32-characters-long';
    answers(known);
    const refused = checkStageKeys('dev', client).catch((error: Error) => error.message);
    expect(await refused).toMatch(/^CONTROLLER_API_KEY is a published demo key/);
    expect(await refused).not.toContain(known);
  });

  it.each(['', 'c'.repeat(42), `${'c'.repeat(42)}=`])('not with %j to encrypt signing material under', async (key) => {
    answers('k'.repeat(43));
    certsKey(key);
    await expect(checkStageKeys('dev', client)).rejects.toThrow(/^CERTS_KEY must be 32 bytes in base64url/);
  });

  it('not when the key cannot be read, and it says why', async () => {
    ssm.on(GetParameterCommand).rejects(new Error('no credentials'));
    await expect(checkStageKeys('dev', client)).rejects.toThrow(/could not be read: no credentials/);
  });

  it.each([
    [[], 'dev'],
    [['--stage', 'prod'], 'prod'],
    [['--verbose', '-s', 'eu'], 'eu'],
    [['--stage=prod'], 'prod'],
  ])('%j is about %s', (args, stage) => expect(stageOf(args)).toBe(stage));
});
