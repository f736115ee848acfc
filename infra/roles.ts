import { apiKeyParameter } from './api-key-parameter.ts';
import { arn } from './cloudformation.ts';
import { type Permission, statementsFor } from './permissions.ts';

/** The role of one function: to write its own log, to read the API key, and what its line in `functions.ts` says. */
export function roleResource(stage: string, name: string, may: readonly Permission[]) {
  const logGroup = `log-group:/aws/lambda/buildlatch-${stage}-${name}:*`;
  const Statement = [
    {
      Sid: 'OwnLog',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [arn('logs', logGroup)],
    },
    {
      // Decrypting is allowed by the policy of the account's own key for SSM, to whoever may read the parameter.
      Sid: 'ApiKey',
      Effect: 'Allow',
      Action: ['ssm:GetParameter'],
      Resource: [arn('ssm', `parameter${apiKeyParameter(stage)}`)],
    },
    ...statementsFor(may),
  ];
  const Trust = {
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'sts:AssumeRole',
  };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [Trust] },
      Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement } }],
    },
  };
}
