import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import type { S3Door } from './s3-door.ts';

export interface OwnFiles {
  /** Whether a function has answered with a presigned address of the embedded store. */
  isLink(answer: Answer): boolean;
  /** Sends the file itself, in the place of that answer. */
  serve(answer: Answer, request: IncomingMessage, response: ServerResponse): void;
}

/**
 * Clients that follow no redirect (curl without -L, in scripts that cannot be changed) get the file at once: here it comes
 * from the same port anyway. Who follows is no worse off, and a Range is served as the store serves it.
 */
export function createOwnFiles(door: S3Door, publicUrl: string): OwnFiles {
  const { origin } = new URL(publicUrl);
  const linkOf = ({ status, headers: { location } }: Answer) => {
    const url = status === 302 && typeof location === 'string' ? URL.parse(location) : null;
    const path = url && `${url.pathname}${url.search}`;
    return url?.origin === origin && path && door.isFor({ url: path }) ? path : undefined;
  };
  return {
    isLink: (answer) => linkOf(answer) !== undefined,
    serve(answer, request, response) {
      request.url = linkOf(answer) ?? '/';
      // They were for the function; a presigned address takes no other credential.
      for (const name of Object.keys(request.headers)) {
        if (/^(authorization|x-amz-.*)$/.test(name)) delete request.headers[name];
      }
      door.handle(request, response, () => {});
    },
  };
}
