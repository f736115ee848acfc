import { InvokeCommand } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { apiKeyParameter } from '../../infra/api-key-parameter.ts';
import { FUNCTIONS } from '../../infra/functions.ts';
import { API_KEY_REFUSAL } from '../../lib/runtime/env.ts';
import { lambda } from './aws.ts';
import { changeEnvironment, functionName } from './deployed.ts';
import { deploy, findStack } from './stage.ts';

/** One for each way to be started. That each bundle refuses is shown in `test/infra`; here, that it does so where it runs. */
const ONE_OF_EACH = [...new Map(FUNCTIONS.map(({ file, trigger }) => [trigger.kind, file])).values()];

describe('the start-up check, deployed', () => {
  it.each(ONE_OF_EACH)('%s does not start without the API key, and says why', async (file) => {
    const restore = await changeEnvironment(file, { API_KEY_PARAMETER: apiKeyParameter('a-stage-without-key') });
    try {
      const { FunctionError, Payload } = await lambda().send(
        new InvokeCommand({ FunctionName: functionName(file), Payload: Buffer.from('{}') }),
      );
      expect(FunctionError).toBe('Unhandled');
      expect(Buffer.from(Payload ?? []).toString('utf8')).toContain(API_KEY_REFUSAL);
    } finally {
      await restore();
    }
  });

  it('refuses to deploy a stage without a key, and leaves nothing of it', async () => {
    const { status, output } = deploy('a-stage-without-key');
    expect(status, output).toBe(1);
    expect(output).toContain(API_KEY_REFUSAL);
    expect(await findStack('a-stage-without-key')).toBeUndefined();
  });
});
