import { SSMClient } from '@aws-sdk/client-ssm';
import { BadEnvironment } from '../../lib/runtime/api-key.ts';
import { bundle } from '../bundle.ts';
import { serverless, stageOf } from './framework.ts';
import { refuseBadParams } from './refuse-bad-params.ts';
import { checkStageKeys, howToStoreThem } from './stage-key.ts';

/** `npm run deploy -- --stage NAME [--region NAME]`: deploys, unless the stage's params or keys are such that nothing may start. */
const args = process.argv.slice(2);
const stage = stageOf(args);
const region = regionOf(args);

refuseBadParams(stage, args);
try {
  await checkStageKeys(stage, new SSMClient(region === undefined ? {} : { region }));
} catch (error) {
  if (!(error instanceof BadEnvironment)) throw error;
  console.error(`${error.message}\n${howToStoreThem(stage)}`);
  process.exit(1);
}
await bundle();
process.exitCode = await serverless(['deploy', ...args]);

/** The framework's own default is not the SDK's. */
function regionOf(given: readonly string[]): string | undefined {
  const at = given.findIndex((arg) => arg === '--region' || arg === '-r');
  return at >= 0 ? given[at + 1] : (process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1');
}
