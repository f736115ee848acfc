import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import { checkedApiKey, withKeptApiKey } from '../../lib/runtime/api-key.ts';
import { apiKeyParameter } from '../api-key-parameter.ts';

/** Reads the key with the caller's credentials and throws what a function would, so that nothing is deployed with it. */
export async function checkStageKey(stage: string, client: Pick<SSMClient, 'send'>): Promise<void> {
  const { CONTROLLER_API_KEY } = await withKeptApiKey<Record<string, string | undefined>>(
    { API_KEY_PARAMETER: apiKeyParameter(stage) },
    (name) => read(client, name),
  );
  checkedApiKey(CONTROLLER_API_KEY);
}

async function read(client: Pick<SSMClient, 'send'>, Name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await client.send(new GetParameterCommand({ Name, WithDecryption: true }));
    return Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

export function howToStoreOne(stage: string): string {
  return [
    `Store it for the stage ${stage} with:`,
    `  aws ssm put-parameter --type SecureString --name ${apiKeyParameter(stage)} --overwrite \\`,
    `    --value "$(node -p "require('node:crypto').randomBytes(32).toString('base64url')")"`,
  ].join('\n');
}
