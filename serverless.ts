import { dataResources, deployedFunctions } from './infra/deployment.ts';

/** The framework puts the stage in: `dev` unless `--stage` says otherwise. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's own placeholder
const STAGE = '${sls:stage}';

/** What is deployed. It only puts together what `infra/` defines. */
const configuration = {
  service: 'buildlatch',
  frameworkVersion: '4',
  configValidationMode: 'error',
  provider: {
    name: 'aws',
    runtime: 'nodejs24.x',
    architecture: 'arm64',
    logRetentionInDays: 30,
    environment: { CONTROLLER_API_KEY: `{{resolve:ssm:/buildlatch/${STAGE}/api-key}}` },
  },
  package: { individually: true, excludeDevDependencies: false, patterns: ['!**'] },
  functions: deployedFunctions(),
  resources: { Resources: dataResources(STAGE, true) },
};

export default configuration;
