import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { refusePresigned, type Signer } from './presigned-url.ts';
import { type S3Refusal, sendRefusal } from './s3-refusal.ts';

export interface S3DoorOptions {
  readonly buckets: readonly string[];
  readonly signer: Signer;
  readonly clock: () => number;
  readonly serve: RequestListener;
}

/** How S3 is reached from outside: single objects, by presigned URL only. */
export interface S3Door {
  isFor(request: Pick<IncomingMessage, 'url'>): boolean;
  handle(request: IncomingMessage, response: ServerResponse, proceed: () => void): void;
}

const METHODS = ['GET', 'HEAD', 'PUT'];

const AUTH_PARAMETERS =
  /^x-amz-(algorithm|content-sha256|credential|date|expires|security-token|signature|signedheaders)$|^x-id$/i;

export function createS3Door({ buckets, signer, clock, serve }: S3DoorOptions): S3Door {
  const isFor = ({ url = '' }: Pick<IncomingMessage, 'url'>) => buckets.includes(url.split(/[/?]/, 2)[1] ?? '');
  return {
    isFor,
    handle(request, response, proceed) {
      const refusal = refuse(request, signer, clock());
      if (refusal) return sendRefusal(request, response, refusal);
      proceed();
      const [path = '', query = ''] = (request.url ?? '').split('?', 2);
      request.url = [path, withoutAuth(query)].filter(Boolean).join('?');
      serve(request, response);
    },
  };
}

function refuse(request: IncomingMessage, signer: Signer, nowMs: number): S3Refusal | undefined {
  const { method = '', url = '', headers } = request;
  const path = url.split('?', 1)[0] ?? '';
  if (!METHODS.includes(method)) {
    return { code: 'MethodNotAllowed', message: 'The specified method is not allowed against this resource.' };
  }
  if (headers.authorization !== undefined) {
    return { code: 'InvalidArgument', message: 'Only presigned URLs are accepted: send no Authorization header.' };
  }
  try {
    const [, , ...key] = path.split('/').map(decodeURIComponent);
    if (key.join('/') === '') return { code: 'AccessDenied', message: 'Access Denied' };
    if (key.some((part) => /^\.{1,2}$|\0|(^|\/)\.\.(\/|$)/.test(part))) {
      return { code: 'InvalidURI', message: 'Not a key.' };
    }
    return refusePresigned({ method, url, headers }, signer, nowMs);
  } catch (error) {
    if (error instanceof URIError) return { code: 'InvalidURI', message: "Couldn't parse the specified URI." };
    throw error;
  }
}

const withoutAuth = (query: string) =>
  query
    .split('&')
    .filter((pair) => !AUTH_PARAMETERS.test(decodeURIComponent(pair.split('=', 1)[0] ?? '')))
    .join('&');
