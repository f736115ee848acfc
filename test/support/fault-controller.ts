import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { EngineName } from '../../infra/local/engines.ts';
import { startController } from './controller.ts';
import { type Call, type FaultProxy, startFaultProxy } from './fault-proxy.ts';

export type FaultyController = Awaited<ReturnType<typeof startFaultyController>>;

/** The controller with a fault proxy before each engine. The test's own look at the engines goes past them. */
export async function startFaultyController() {
  const started = new Map<EngineName, FaultProxy>();
  const controller = await startController({
    viaProxy: async (engine, address) => {
      const proxy = await startFaultProxy(address);
      started.set(engine, proxy);
      return proxy.address;
    },
  });
  const proxyOf = (engine: EngineName): FaultProxy => {
    const proxy = started.get(engine);
    if (!proxy) throw new Error(`no proxy before ${engine}`);
    return proxy;
  };
  const [dynamodb, sqs, s3] = [proxyOf('dynamodb'), proxyOf('sqs'), proxyOf('s3')];
  const proxies = [dynamodb, sqs, s3];

  /** Sends the build's message once more: a copy does what the hidden one will do when its time has come. */
  async function sendCopy(buildId: string): Promise<void> {
    const { body = '{}' } =
      sqs.calls.find(({ operation, body }) => operation === 'SendMessage' && body.includes(buildId)) ?? {};
    await controller.sendRaw('ios', JSON.parse(body).MessageBody);
  }

  /** The message that was last received comes back in a second. (0 is not to be had: fauxqs 2.4.1 then loses it.) */
  async function hurryMessage(): Promise<void> {
    const { body = '{}' } = sqs.calls.findLast((call) => call.body.includes('ReceiptHandle')) ?? {};
    const { QueueUrl, ReceiptHandle } = JSON.parse(body);
    await controller.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 1 }));
  }

  /** What the functions asked of the engines while `act` ran. */
  async function callsOf(act: () => Promise<unknown>) {
    for (const proxy of proxies) proxy.forget();
    await act();
    return { dynamodb: dynamodb.counts(), sqs: sqs.counts(), s3: s3.counts() };
  }

  /** No faults, and no calls recorded. */
  async function heal(): Promise<void> {
    for (const proxy of proxies) proxy.reset();
    await Promise.all(proxies.map((proxy) => proxy.accept()));
  }

  /** No faults, no items, no messages. */
  async function reset(): Promise<void> {
    await heal();
    const TableName = controller.stack.table;
    const items = await controller.items();
    await Promise.all([
      ...items.map(({ pk, sk }) =>
        controller.dynamo.send(new DeleteItemCommand({ TableName, Key: marshall({ pk, sk }) })),
      ),
      controller.purge('ios'),
      controller.purge('android'),
    ]);
  }

  return {
    ...controller,
    dynamodbFaults: dynamodb,
    sqsFaults: sqs,
    s3Faults: s3,
    sendCopy,
    hurryMessage,
    callsOf,
    heal,
    reset,
    /** All calls of all engines in the order in which they began. */
    timeline: (): Call[] => proxies.flatMap(({ calls }) => calls).sort((a, b) => a.startedAt - b.startedAt),
    close: async () => {
      for (const proxy of proxies) proxy.reset();
      await controller.close();
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
}
