import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Rejection } from '../domain/rejection.ts';

export interface UploadedFile {
  readonly filename: string;
  readonly bytes: Uint8Array;
}

export interface Body {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, UploadedFile>>;
  readonly isMultipart: boolean;
}

type Event = Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded' | 'headers'>;

export function rawBody({ body, isBase64Encoded }: Event): Buffer {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
}

/** A JSON object. No body is an empty one: the old command line and scripts send a content type and nothing else. */
export function jsonBody(event: Event): Body {
  const text = rawBody(event).toString('utf8');
  const value = text.trim() === '' ? {} : parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Rejection('invalid_request', 'The body must be a JSON object');
  }
  return { fields: { ...value }, files: {}, isMultipart: false };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // RangeError: nested deeper than the stack.
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new Rejection('invalid_request', 'The body is not valid JSON', { cause: error });
  }
}
