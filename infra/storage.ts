import { arnOf, joined, ref } from './cloudformation.ts';
import type { Keeping } from './stages.ts';

/**
 * Days after which S3 removes an object: a source is needed for retries, a result until somebody has fetched it. Certs are
 * deleted at the end of their build; 7 days are longer than one can wait and be built, three attempts included.
 */
const RETENTION_DAYS = { sources: 14, results: 30, certs: 7 } as const;

export type BucketKind = keyof typeof RETENTION_DAYS;
const BUCKET_KINDS = Object.keys(RETENTION_DAYS) as BucketKind[];

/** On AWS bucket names are global, so the account id comes behind; the embedded stack has none. */
export const bucketName = (stage: string, kind: BucketKind) => `buildlatch-${stage}-${kind}`;

/** CloudFormation resources, by logical id (`SourcesBucket`, `ResultsBucket`, `CertsBucket`), each with its policy. */
export function bucketResources(stage: string, keeping: Keeping): Record<string, object> {
  return Object.fromEntries(
    BUCKET_KINDS.flatMap((kind) => {
      const id = bucketLogicalId(kind);
      return [
        [id, bucketResource(stage, kind, keeping)],
        [`${id}Policy`, onlyByTls(id)],
      ];
    }),
  );
}

const bucketLogicalId = (kind: BucketKind) => `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Bucket`;

function bucketResource(stage: string, kind: BucketKind, { deletionPolicy }: Keeping) {
  return {
    Type: 'AWS::S3::Bucket',
    DeletionPolicy: deletionPolicy,
    UpdateReplacePolicy: deletionPolicy,
    Properties: {
      BucketName: joined(bucketName(stage, kind), '-', ref('AWS::AccountId')),
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      LifecycleConfiguration: {
        Rules: [
          { Id: 'expire', Status: 'Enabled', ExpirationInDays: RETENTION_DAYS[kind] },
          { Id: 'abort-unfinished', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
        ],
      },
    },
  };
}

function onlyByTls(id: string) {
  const statement = {
    Sid: 'OnlyByTls',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [arnOf(id), joined(arnOf(id), '/*')],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  const PolicyDocument = { Version: '2012-10-17', Statement: [statement] };
  return { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: ref(id), PolicyDocument } };
}
