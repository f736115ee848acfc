import { arnOf, joined, ref } from './cloudformation.ts';
import { type Keeping, param } from './stages.ts';

/** Which setting says after how many days an object is removed. */
export const KEPT_FOR = { sources: 'SOURCE_DAYS', results: 'RESULT_DAYS', certs: 'CERTS_DAYS' } as const;

export type BucketKind = keyof typeof KEPT_FOR;
const BUCKET_KINDS = Object.keys(KEPT_FOR) as BucketKind[];

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
          { Id: 'expire', Status: 'Enabled', ExpirationInDays: param(KEPT_FOR[kind]) },
          {
            Id: 'abort-unfinished',
            Status: 'Enabled',
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: param('UNFINISHED_UPLOAD_DAYS') },
          },
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
