import { ChangeMessageVisibilityCommand, GetQueueUrlCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { buildQueueName, MAX_RECEIVE_COUNT } from '../../infra/queues.ts';
import { sqs } from './aws.ts';
import { deployedController, until } from './deployed.ts';
import { STAGE } from './stage.ts';

describe('a message that is received too often', () => {
  it('goes to the dead letters, whose function fails its build', { timeout: 90_000 }, async () => {
    const controller = deployedController();
    const build = await controller.submit('ios');
    const queue = sqs();
    const { QueueUrl } = await queue.send(new GetQueueUrlCommand({ QueueName: buildQueueName(STAGE, 'ios') }));
    const receive = async () => (await queue.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.[0];

    for (let receives = 1; receives <= MAX_RECEIVE_COUNT; receives++) {
      const message = await receive();
      expect(message?.Body, `receive ${receives}`).toContain(build.id);
      const receipt = { QueueUrl, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 };
      await queue.send(new ChangeMessageVisibilityCommand(receipt));
    }
    expect(await controller.status(build.id)).toMatchObject({ status: 'pending' });
    expect(await receive()).toBeUndefined();

    const failed = await until('the build fails', 60, async () => {
      const seen = await controller.status(build.id);
      return seen.status === 'pending' ? undefined : seen;
    });
    expect(failed).toMatchObject({ status: 'failed', failure_kind: 'undeliverable' });
  });
});
