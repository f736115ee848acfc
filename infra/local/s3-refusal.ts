import type { IncomingMessage, ServerResponse } from 'node:http';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import { send } from './answer.ts';

export interface S3Refusal {
  readonly code: string;
  readonly message: string;
}

export function sendRefusal(request: IncomingMessage, response: ServerResponse, { code, message }: S3Refusal): void {
  const error = new S3Error(code, message);
  send(request, response, {
    status: error.status,
    headers: { 'content-type': 'application/xml' },
    body: error.toXML(),
  });
}
