/** CloudFormation's own functions, as far as they are used here. */

export const ref = (id: string) => ({ Ref: id });
export const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
export const joined = (...parts: readonly (string | object)[]) => ({ 'Fn::Join': ['', parts] });

/** The ARN of what is known by name only; S3's have neither region nor account and are not made by this. */
export const arn = (service: string, resource: string) =>
  joined('arn:', ref('AWS::Partition'), `:${service}:`, ref('AWS::Region'), ':', ref('AWS::AccountId'), `:${resource}`);
