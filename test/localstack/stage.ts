import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { DescribeStackResourcesCommand, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { DeleteObjectsCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { apiKeyParameter, certsKeyParameter } from '../../infra/api-key-parameter.ts';
import { serverless } from '../../infra/deploy/framework.ts';
import { cloudFormation, s3, ssm } from './aws.ts';

/** The stage that may be thrown away with its data. */
export const STAGE = 'dev';
export const stackName = (stage: string) => `buildlatch-${stage}`;

/** Undefined where there is none. */
export async function findStack(stage: string): Promise<Stack | undefined> {
  try {
    const { Stacks } = await cloudFormation().send(new DescribeStacksCommand({ StackName: stackName(stage) }));
    return Stacks?.find(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

export const output = ({ Outputs = [] }: Stack, name: string): string => {
  const value = Outputs.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
  if (value === undefined) throw new Error(`the stack has no output ${name}`);
  return value;
};

/** Keys of this run, where a person would have put some by hand. Answers the API key. */
export async function storeKeys(stage: string): Promise<string> {
  const store = async (Name: string) => {
    const Value = randomBytes(32).toString('base64url');
    await ssm().send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
    return Value;
  };
  await store(certsKeyParameter(stage));
  return store(apiKeyParameter(stage));
}

/** `npm run deploy`, as the documentation has it. */
export function deploy(stage: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'deploy', '--', '--stage', stage], {
    encoding: 'utf8',
  });
  return { status, output: `${stdout}${stderr}` };
}

/** Empties the buckets first, which nobody but their owner may do, and then removes the stack. */
export async function removeStage(stage: string): Promise<void> {
  const resources = new DescribeStackResourcesCommand({ StackName: stackName(stage) });
  const { StackResources = [] } = await cloudFormation().send(resources);
  for (const { ResourceType, PhysicalResourceId } of StackResources) {
    if (ResourceType === 'AWS::S3::Bucket' && PhysicalResourceId) await emptyBucket(PhysicalResourceId);
  }
  const code = await serverless(['remove', '--stage', stage], { isQuiet: true });
  if (code !== 0) throw new Error(`serverless remove ended with ${code}`);
}

async function emptyBucket(Bucket: string): Promise<void> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3() }, { Bucket })) {
    const Objects = Contents.map(({ Key }) => ({ Key }));
    if (Objects.length > 0) await s3().send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  }
}
