import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';

/** All of them go where AWS_ENDPOINT_URL points, with the credentials of the environment. */
export const cloudFormation = () => new CloudFormationClient();
export const lambda = () => new LambdaClient();
export const ssm = () => new SSMClient();
export const s3 = () => new S3Client({ forcePathStyle: true });
/** The host in a queue's address need not resolve here. */
export const sqs = () => new SQSClient({ useQueueUrlAsEndpoint: false });
