import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startVitest, type Vitest } from 'vitest/node';
import { FUNCTIONS } from '../../infra/functions.ts';
import { type Closers, createClosers } from '../../infra/local/closers.ts';
import { makeTrustedCertificate } from '../emulators/certificate.ts';
import { startMinistack } from '../emulators/ministack.ts';
import { Missing } from '../emulators/missing.ts';
import { MINISTACK_GAPS } from './gaps.ts';
import { startGatewayFront } from './gateway-front.ts';
import { deploy, findStack, output, removeStage, STAGE, stackName, storeKeys } from './stage.ts';

/**
 * `npm run test:localstack`: deploys into an emulator of AWS as one deploys into AWS, uses what was deployed, and removes it.
 * With AWS_ENDPOINT_URL set, into what is there; otherwise into a ministack of its own.
 */

process.exitCode = await main();

async function main(): Promise<number> {
  const closers = createClosers();
  try {
    const given = process.env['AWS_ENDPOINT_URL'];
    const endpoint = given || (await startEmulator(closers));
    Object.assign(process.env, environment(endpoint));
    return await testDeployment(endpoint, !given, closers);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await closers.closeAll();
  }
}

async function startEmulator(closers: Closers): Promise<string> {
  // What it unpacks for the functions goes with it.
  const TMPDIR = mkdtempSync(join(tmpdir(), 'buildlatch-ministack-'));
  closers.add(() => rmSync(TMPDIR, { recursive: true, force: true }));
  // It runs the functions with the first `node` that it finds.
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  // With AUTH each call is judged by the role and the resource that it is made with: ours let nobody in without TLS.
  const emulator = await startMinistack({ TMPDIR, PATH, AUTH: 'true' }, makeTrustedCertificate(TMPDIR));
  closers.add(() => emulator.stop());
  console.log(`ministack serves ${emulator.address}`);
  return emulator.address;
}

/** What the SDK and the framework are told; whoever uses something else than an emulator brings credentials along. */
function environment(endpoint: string): NodeJS.ProcessEnv {
  const { AWS_REGION = 'us-east-1', AWS_ACCESS_KEY_ID = 'test', AWS_SECRET_ACCESS_KEY = 'test' } = process.env;
  return { AWS_ENDPOINT_URL: endpoint, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
}

async function testDeployment(endpoint: string, isOurs: boolean, closers: Closers): Promise<number> {
  if (await findStack(STAGE)) {
    console.error(`A stack ${stackName(STAGE)} is there already. It is not touched: its data would go with it.`);
    return 1;
  }
  const apiKey = await storeKeys(STAGE);
  const deployed = deploy(STAGE);
  const stack = await findStack(STAGE);
  if (deployed.status !== 0 || !stack) {
    console.error(`${deployed.output}\nnpm run deploy ended with ${deployed.status}`);
    return 1;
  }
  console.log(`stack ${stack.StackName} created: ${stack.StackStatus}, ${FUNCTIONS.length} functions`);
  const apiUrl = `${endpoint}/_aws/execute-api/${output(stack, 'HttpApiId')}/$default`;
  const front = await startGatewayFront(apiUrl, FUNCTIONS);
  closers.add(() => front.close());

  const vitest = await startVitest('test', [], {
    watch: false,
    include: ['test/localstack/*.test.ts'],
    exclude: ['test/fixtures/**'],
    // One after the other: some change what the others use.
    fileParallelism: false,
    reporters: ['verbose'],
    provide: { deployed: { url: front.url, apiKey, isOurs } },
  });
  const tests = count(vitest);
  await vitest.close();
  const invoked = [...front.invoked].map(([file, times]) => `${file} ${times}`);
  console.log(`functions invoked through the gateway: ${invoked.join(', ')}`);
  for (const { what, shownBy } of isOurs ? MINISTACK_GAPS : []) {
    console.log(`not in this emulator: ${what}; shown by ${shownBy}`);
  }

  await removeStage(STAGE);
  const left = await findStack(STAGE);
  console.log(
    left ? `stack ${left.StackName} is still there: ${left.StackStatus}` : `stack ${stack.StackName} removed`,
  );
  const failed = tests.failed + (left ? 1 : 0);
  // The deployment and its removal count as one each.
  console.log(`${tests.passed + (left ? 1 : 2)} passed, ${failed} failed`);
  return failed === 0 && tests.passed > 0 ? 0 : 1;
}

function count(vitest: Vitest): { passed: number; failed: number } {
  const modules = vitest.state.getTestModules();
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
  const passed = states.filter((state) => state === 'passed').length;
  const broken =
    modules.filter((module) => module.errors().length > 0).length + vitest.state.getUnhandledErrors().length;
  return { passed, failed: states.length - passed + broken };
}
