import { CONDITIONS, commonEnvironment, deployedFunctions, OUTPUTS, resources } from './infra/deployment.ts';
import { ACCESS_LOG_FORMAT, httpApiStage } from './infra/http-api.ts';
import { KEEPING, param, STAGE, STAGE_PARAMS } from './infra/stages.ts';

/** What is deployed. It only puts together what `infra/` defines. */
const configuration = {
  service: 'buildlatch',
  frameworkVersion: '4',
  configValidationMode: 'error',
  params: STAGE_PARAMS,
  provider: {
    name: 'aws',
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    logRetentionInDays: param('logDays'),
    logs: {
      httpApi: { format: ACCESS_LOG_FORMAT },
      // Lambda's own three lines of each invocation would be half of all logs; its metrics say the same.
      lambda: { logFormat: 'JSON', applicationLogLevel: 'INFO', systemLogLevel: 'WARN' },
    },
    versionFunctions: false,
    stackTags: { service: 'buildlatch', stage: STAGE },
    tags: { service: 'buildlatch', stage: STAGE },
    deploymentBucket: { blockPublicAccess: true },
    environment: commonEnvironment(STAGE),
  },
  package: { individually: true, excludeDevDependencies: false, patterns: ['!**'] },
  functions: deployedFunctions(),
  resources: {
    Conditions: CONDITIONS,
    Resources: resources(STAGE, KEEPING),
    Outputs: OUTPUTS,
    extensions: { HttpApiStage: httpApiStage() },
  },
};

export default configuration;
