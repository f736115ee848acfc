import { GetBucketEncryptionCommand, GetPublicAccessBlockCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { s3 } from './aws.ts';
import { configuration } from './deployed.ts';
import { findStack, output, STAGE } from './stage.ts';

/** What an emulator keeps and does nothing with: that it has arrived is all that can be seen of it. */
describe('settings that only AWS acts on', () => {
  it('are there for every function', async () => {
    for (const { file, timeoutSeconds, memoryMb } of FUNCTIONS) {
      expect(await configuration(file), file).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Timeout: timeoutSeconds,
        MemorySize: memoryMb,
      });
    }
  });

  it.each(['SourcesBucketName', 'ResultsBucketName'])('are there for the bucket %s', async (name) => {
    const stack = await findStack(STAGE);
    if (!stack) throw new Error('no stack');
    const Bucket = { Bucket: output(stack, name) };
    const access = await s3().send(new GetPublicAccessBlockCommand(Bucket));
    expect(Object.values(access.PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
    const encryption = await s3().send(new GetBucketEncryptionCommand(Bucket));
    expect(encryption.ServerSideEncryptionConfiguration?.Rules).toHaveLength(1);
  });
});
