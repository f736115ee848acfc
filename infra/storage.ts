/** Days after which S3 removes an object: a source is needed for retries, a result until somebody has fetched it. */
const RETENTION_DAYS = { sources: 14, results: 30 } as const;

export type BucketKind = keyof typeof RETENTION_DAYS;
const BUCKET_KINDS = Object.keys(RETENTION_DAYS) as BucketKind[];

/** On AWS bucket names are global, so the account id is part of them; the embedded stack leaves it out. */
export const bucketName = (stage: string, kind: BucketKind, account?: string) =>
  ['buildlatch', stage, kind, account].filter(Boolean).join('-');

/** CloudFormation resources, by logical id (`SourcesBucket`, `ResultsBucket`). */
export function bucketResources(stage: string, isRetained: boolean): Record<string, object> {
  return Object.fromEntries(
    BUCKET_KINDS.map((kind) => [bucketLogicalId(kind), bucketResource(stage, kind, isRetained)]),
  );
}

const bucketLogicalId = (kind: BucketKind) => `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Bucket`;

function bucketResource(stage: string, kind: BucketKind, isRetained: boolean) {
  return {
    Type: 'AWS::S3::Bucket',
    DeletionPolicy: isRetained ? 'Retain' : 'Delete',
    UpdateReplacePolicy: isRetained ? 'Retain' : 'Delete',
    Properties: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholder
      BucketName: { 'Fn::Sub': bucketName(stage, kind, '${AWS::AccountId}') },
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
