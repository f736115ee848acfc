import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: { readonly Name: string; readonly WithDecryption: boolean };
}

type Answer = { readonly status: number; readonly body: object };

export const parameter = (Value: string): Answer => ({ status: 200, body: { Parameter: { Value } } });
export const refusal = (status: number, type: string): Answer => ({ status, body: { __type: type } });

export interface ParameterStore {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Stands for SSM: answers what `answer` says for the name asked. */
export async function startParameterStore(answer: (name: string, asked: number) => Answer): Promise<ParameterStore> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    asked.push({ headers: request.headers, body });
    const { status, body: reply } = answer(body.Name, asked.length);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
