/** A CloudFormation template, as far as it is looked at. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

type Properties = Readonly<Record<string, unknown>>;
type Found = readonly (readonly [id: string, properties: Properties, resource: Resource])[];

/** What is deployed where, beside the template: for the rules that compare with it. */
export interface Deployed {
  /** Names of the functions, and the variables that each declares. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  readonly commonVariables: readonly string[];
  readonly keepsData: boolean;
}

/** Says of which resources it is not true. */
interface Rule {
  readonly says: string;
  readonly broken: (template: Template, deployed: Deployed) => readonly string[];
}

const ofType = ({ Resources }: Template, type: string): Found =>
  Object.entries(Resources).flatMap(([id, resource]) =>
    resource.Type === type ? [[id, resource.Properties ?? {}, resource] as const] : [],
  );

const idsWhere = (found: Found, isBroken: (properties: Properties, id: string, resource: Resource) => boolean) =>
  found.filter(([id, properties, resource]) => isBroken(properties, id, resource)).map(([id]) => id);

const text = (value: unknown) => JSON.stringify(value) ?? '';
/** Where a secret is kept, or for how long something is good: a few digits keep nothing secret. */
const isNoSecret = (name: string, value: unknown) =>
  /_(PARAMETER|ARN)$/.test(name) || (/_(DAYS|SECONDS)$/.test(name) && /^\d{1,6}$/.test(String(value)));
const functionsOf = (template: Template) => ofType(template, 'AWS::Lambda::Function');
const variablesOf = ({ Environment }: Properties): Record<string, unknown> =>
  (Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {};

/** Denies what comes without TLS, by a policy that names the resource. */
const isOnlyByTls = (template: Template, type: string, id: string) =>
  ofType(template, type).some(
    ([, { PolicyDocument, Queues, Bucket }]) =>
      text(Queues ?? Bucket).includes(`"${id}"`) &&
      text(PolicyDocument).includes('"Effect":"Deny"') &&
      text(PolicyDocument).includes('"aws:SecureTransport":"false"'),
  );

/** The framework's own bucket, for what it deploys. */
const DEPLOYMENT_BUCKET = 'ServerlessDeploymentBucket';

export const TEMPLATE_RULES: readonly Rule[] = [
  {
    says: 'every queue puts aside what cannot be used, or is where it is put',
    broken: (template) => {
      const queues = ofType(template, 'AWS::SQS::Queue');
      const targets = text(queues.map(([, { RedrivePolicy }]) => RedrivePolicy));
      return idsWhere(queues, ({ RedrivePolicy }, id) => !RedrivePolicy && !targets.includes(`"${id}"`));
    },
  },
  {
    says: 'every queue is encrypted and takes only what comes by TLS',
    broken: (template) =>
      idsWhere(
        ofType(template, 'AWS::SQS::Queue'),
        ({ SqsManagedSseEnabled }, id) =>
          SqsManagedSseEnabled !== true || !isOnlyByTls(template, 'AWS::SQS::QueuePolicy', id),
      ),
  },
  {
    says: 'every bucket is private and encrypted',
    broken: (template) =>
      idsWhere(ofType(template, 'AWS::S3::Bucket'), ({ PublicAccessBlockConfiguration: block, BucketEncryption }) => {
        const closed = Object.values((block ?? {}) as object).filter((value) => value === true);
        return closed.length !== 4 || !BucketEncryption;
      }),
  },
  {
    says: 'every bucket of files forgets, ends unfinished uploads and takes only what comes by TLS',
    broken: (template) =>
      idsWhere(ofType(template, 'AWS::S3::Bucket'), ({ LifecycleConfiguration }, id) => {
        if (id === DEPLOYMENT_BUCKET) return false;
        const rules = text(LifecycleConfiguration);
        const forgets = rules.includes('"ExpirationInDays"') && rules.includes('"AbortIncompleteMultipartUpload"');
        return !forgets || !isOnlyByTls(template, 'AWS::S3::BucketPolicy', id);
      }),
  },
  {
    says: 'every function says how long and with how much memory it runs, on Node 24 and arm64',
    broken: (template) =>
      idsWhere(
        functionsOf(template),
        ({ Timeout, MemorySize, Runtime, Architectures }) =>
          !Timeout || !MemorySize || Runtime !== 'nodejs24.x' || text(Architectures) !== '["arm64"]',
      ),
  },
  {
    says: 'every function has a log that ends',
    broken: (template) => {
      const logs = ofType(template, 'AWS::Logs::LogGroup').map(([, { LogGroupName, RetentionInDays }]) =>
        RetentionInDays ? LogGroupName : undefined,
      );
      return idsWhere(functionsOf(template), ({ FunctionName }) => !logs.includes(`/aws/lambda/${FunctionName}`));
    },
  },
  {
    says: 'every function has a role of its own',
    broken: (template) => {
      const roles = functionsOf(template).map(([, { Role }]) => text(Role));
      return idsWhere(functionsOf(template), ({ Role }) => {
        const id = (Role as { 'Fn::GetAtt'?: readonly string[] } | undefined)?.['Fn::GetAtt']?.[0];
        const isThere = id !== undefined && template.Resources[id]?.Type === 'AWS::IAM::Role';
        return !isThere || roles.filter((role) => role === text(Role)).length > 1;
      });
    },
  },
  {
    says: 'no role may do everything, or something to everything',
    broken: (template) =>
      idsWhere(
        ofType(template, 'AWS::IAM::Role'),
        ({ Policies, ManagedPolicyArns }) =>
          /"Action":\[?"\*|"[a-z0-9]+:\*"|"Resource":\[?"\*"/.test(text(Policies)) || ManagedPolicyArns !== undefined,
      ),
  },
  {
    says: 'no variable holds a secret, only where it is kept',
    broken: (template) =>
      idsWhere(functionsOf(template), (properties) =>
        Object.entries(variablesOf(properties)).some(
          ([name, value]) =>
            text(value).includes('{{resolve:') || (/KEY|SECRET|TOKEN|PASSWORD/.test(name) && !isNoSecret(name, value)),
        ),
      ),
  },
  {
    says: 'every function is deployed, with variables that it declares and no others',
    broken: (template, { functions, commonVariables }) => {
      const deployed = new Map(functionsOf(template).map(([, one]) => [String(one['FunctionName']), variablesOf(one)]));
      const names = Object.keys(functions);
      // Of a secret, the function is given the name and declares the value.
      const isDeclared = (name: string, variable: string) =>
        commonVariables.includes(variable) || functions[name]?.includes(variable);
      const missing = names.filter((name) => !deployed.has(name));
      const others = [...deployed.keys()].filter((name) => !names.includes(name));
      const undeclared = names.filter((name) =>
        Object.keys(deployed.get(name) ?? {}).some(
          (variable) => ![variable, variable.replace(/_PARAMETER$/, '')].some((one) => isDeclared(name, one)),
        ),
      );
      return [...missing, ...others, ...undeclared];
    },
  },
  {
    says: 'a queue starts its function for few at once and is told of each record that failed',
    broken: (template) =>
      idsWhere(
        ofType(template, 'AWS::Lambda::EventSourceMapping'),
        ({ FunctionResponseTypes, ScalingConfig }) =>
          !text(FunctionResponseTypes).includes('ReportBatchItemFailures') || !ScalingConfig,
      ),
  },
  {
    says: 'the API is throttled, and its log is JSON',
    broken: (template) =>
      idsWhere(ofType(template, 'AWS::ApiGatewayV2::Stage'), ({ DefaultRouteSettings, AccessLogSettings }) => {
        const { Format = '' } = (AccessLogSettings ?? {}) as { Format?: string };
        return !text(DefaultRouteSettings).includes('"ThrottlingRateLimit"') || !Format.startsWith('{"');
      }),
  },
  {
    says: 'the table forgets, can be restored, and is protected where the stage keeps its data',
    broken: (template, { keepsData }) =>
      idsWhere(ofType(template, 'AWS::DynamoDB::Table'), (properties, _id, { DeletionPolicy }) => {
        const all = text(properties);
        const isSafe = all.includes('"PointInTimeRecoveryEnabled":true') && all.includes('"Enabled":true');
        const isKept = properties['DeletionProtectionEnabled'] === true && DeletionPolicy === 'Retain';
        return !isSafe || isKept !== keepsData;
      }),
  },
];

/** What is broken, each with the resource that breaks it. */
export function brokenRules(template: Template, deployed: Deployed): string[] {
  return TEMPLATE_RULES.flatMap(({ says, broken }) => broken(template, deployed).map((id) => `${id}: ${says}`));
}
