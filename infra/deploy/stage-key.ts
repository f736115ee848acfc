import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import {
  BadEnvironment,
  CERTS_KEY_REFUSAL,
  CERTS_KEY_SHAPE,
  checkedApiKey,
  withKeptApiKey,
  withKeptCertsKey,
} from '../../lib/runtime/api-key.ts';
import { apiKeyParameter, certsKeyParameter } from '../api-key-parameter.ts';

/** Reads the keys with the caller's credentials and throws what a function would, so that nothing is deployed with them. */
export async function checkStageKeys(stage: string, client: Pick<SSMClient, 'send'>): Promise<void> {
  const kept = (name: string) => read(client, name);
  const names: Record<string, string | undefined> = {
    API_KEY_PARAMETER: apiKeyParameter(stage),
    CERTS_KEY_PARAMETER: certsKeyParameter(stage),
  };
  const { CONTROLLER_API_KEY } = await withKeptApiKey(names, kept);
  checkedApiKey(CONTROLLER_API_KEY);
  const { CERTS_KEY = '' } = await withKeptCertsKey(names, kept);
  if (!CERTS_KEY_SHAPE.test(CERTS_KEY)) throw new BadEnvironment(`CERTS_KEY ${CERTS_KEY_REFUSAL}`);
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

export function howToStoreThem(stage: string): string {
  const command = (name: string) =>
    [
      `  aws ssm put-parameter --type SecureString --name ${name} \\`,
      `    --value "$(node -p "require('node:crypto').randomBytes(32).toString('base64url')")"`,
    ].join('\n');
  const commands = [apiKeyParameter(stage), certsKeyParameter(stage)].map(command);
  return [
    `What the stage ${stage} has to keep, each once (what was encrypted under a key is lost with it):`,
    ...commands,
  ].join('\n');
}
