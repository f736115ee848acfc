import { startVitest } from 'vitest/node';
import type { ForeignEngines } from '../contract/stores.ts';
import { startElasticMq } from '../emulators/elasticmq.ts';
import type { Emulator } from '../emulators/emulator.ts';
import { startMinistack } from '../emulators/ministack.ts';
import { Missing } from '../emulators/missing.ts';

/**
 * `npm run test:conformance`: the suites of `test/contract` on engines of other authors, beside memory and the embedded
 * ones. With DYNAMODB_ENDPOINT or SQS_ENDPOINT set, on those instead.
 */

const SUITES = ['test/contract/'];

process.exitCode = await main(process.env);

async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const emulators: Emulator[] = [];
  try {
    const foreignEngines = [await foreign(env, emulators)];
    const vitest = await startVitest('test', SUITES, { watch: false, provide: { foreignEngines } });
    await vitest.close();
    return process.exitCode ? 1 : 0;
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await Promise.all(emulators.map((emulator) => emulator.stop()));
  }
}

async function foreign(env: NodeJS.ProcessEnv, emulators: Emulator[]): Promise<ForeignEngines> {
  const given = { dynamodb: env['DYNAMODB_ENDPOINT'], sqs: env['SQS_ENDPOINT'] };
  const start = async (startIt: () => Promise<Emulator>) => {
    const emulator = await startIt();
    emulators.push(emulator);
    return emulator.address;
  };
  const dynamodb = given.dynamodb || (await start(() => startMinistack()));
  const sqs = given.sqs || (await start(startElasticMq));
  const names = [given.dynamodb || 'ministack', given.sqs || 'ElasticMQ'];
  const oldReceipts = given.sqs ? ['accepted', 'ReceiptHandleIsInvalid'] : ['ReceiptHandleIsInvalid'];
  return { name: names.join(' and '), endpoints: { dynamodb, sqs }, oldReceipts };
}
