import type { WireError } from './fault-proxy.ts';

/** Errors in the form in which AWS sends them, so that the SDK's own tables of what to retry decide. */
export function dynamoError(name: string, fields: object = {}): WireError {
  return {
    status: name === 'InternalServerError' ? 500 : 400,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({
      __type: `com.amazonaws.dynamodb.v20120810#${name}`,
      message: `injected ${name}`,
      ...fields,
    }),
  };
}

/** A cancelled transaction with one reason for each of its parts. */
export const cancelled = (...codes: string[]): WireError =>
  dynamoError('TransactionCanceledException', { CancellationReasons: codes.map((Code) => ({ Code })) });

export function sqsError(name: string, status: 400 | 500 = 400): WireError {
  return {
    status,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-query-error': `${name};${status === 500 ? 'Receiver' : 'Sender'}`,
    },
    body: JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message: `injected ${name}` }),
  };
}

export const slowDown: WireError = {
  status: 503,
  headers: { 'content-type': 'application/xml' },
  body: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>injected</Message></Error>',
};
