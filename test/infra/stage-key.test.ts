import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { stageOf } from '../../infra/deploy/framework.ts';
import { checkStageKey, howToStoreOne } from '../../infra/deploy/stage-key.ts';

const REFUSAL = 'CONTROLLER_API_KEY must be set and at least 32 characters';
const client = new SSMClient({ region: 'eu-west-1' });
const ssm = mockClient(client);
const notFound = new ParameterNotFound({ message: 'no', $metadata: {} });
const answers = (Value: string) => ssm.on(GetParameterCommand).resolves({ Parameter: { Value } });

describe('a stage is deployed', () => {
  beforeEach(() => ssm.reset());

  it('with a good key, read decrypted from where its functions will read it', async () => {
    answers('k'.repeat(43));
    await checkStageKey('prod', client);
    const [call] = ssm.commandCalls(GetParameterCommand);
    expect(call?.args[0].input).toEqual({ Name: '/buildlatch/prod/api-key', WithDecryption: true });
    expect(howToStoreOne('prod')).toContain('--type SecureString --name /buildlatch/prod/api-key');
  });

  it('not without one, nor with a short one, in the exact words', async () => {
    ssm.on(GetParameterCommand).rejects(notFound);
    await expect(checkStageKey('dev', client)).rejects.toThrow(REFUSAL);
    for (const short of ['', 'k'.repeat(31)]) {
      answers(short);
      await expect(checkStageKey('dev', client)).rejects.toThrow(REFUSAL);
    }
  });

  it('not with a key that everybody knows, and the message does not hold it', async () => {
    const known = 'dev-api-key-minimum-32-characters-long';
    answers(known);
    const refused = checkStageKey('dev', client).catch((error: Error) => error.message);
    expect(await refused).toMatch(/^CONTROLLER_API_KEY is a published demo key/);
    expect(await refused).not.toContain(known);
  });

  it('not when the key cannot be read, and it says why', async () => {
    ssm.on(GetParameterCommand).rejects(new Error('no credentials'));
    await expect(checkStageKey('dev', client)).rejects.toThrow(/could not be read: no credentials/);
  });

  it.each([
    [[], 'dev'],
    [['--stage', 'prod'], 'prod'],
    [['--verbose', '-s', 'eu'], 'eu'],
    [['--stage=prod'], 'prod'],
  ])('%j is about %s', (args, stage) => expect(stageOf(args)).toBe(stage));
});
