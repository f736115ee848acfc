import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { type Form, receiveForm, renderForm } from '../../infra/local/form-body.ts';
import type { ReceivedFiles } from '../../infra/local/s3-received.ts';

const TYPE = 'multipart/form-data; boundary=b';
const part = (name: string, value: string, file = false) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${file ? '; filename="f"' : ''}\r\n\r\n${value}\r\n`;

function world() {
  const stored: string[] = [];
  const discarded: string[] = [];
  const files: ReceivedFiles = {
    receive: async (source) => {
      const content = Buffer.concat(await source.toArray()).toString();
      stored.push(content);
      return { source: content, size: content.length, sha256: 'x' };
    },
    discard: async ({ source }) => void discarded.push(source),
  };
  const request = Object.assign(new PassThrough(), { headers: { 'content-type': TYPE }, complete: false });
  const limits = { stored: { source: 20 }, inline: ['certs'], inlineBytes: 10 };
  const form = receiveForm(request as unknown as IncomingMessage, files, limits);
  const end = (text: string) => {
    request.complete = true;
    request.end(text);
  };
  return { stored, discarded, request, end, form };
}

it('keeps apart what is stored, what the function gets, and what nobody wants', async () => {
  const { end, form, discarded } = world();
  end(`${part('certs', 'p12', true)}${part('x', 'y', true)}${part('source', 'zip', true)}${part('a', 'b')}--b--`);
  expect(await form).toEqual({
    fields: [['a', 'b']],
    inline: [{ name: 'certs', filename: 'f', bytes: Buffer.from('p12') }],
    received: { source: { source: 'zip', size: 3, sha256: 'x', filename: 'f' } },
  });
  expect(discarded).toEqual([]);
});

it.each([
  ['the sender goes away', '', /incomplete/],
  ['a later part is too large', part('certs', 'more than ten', true), /certs has more than 10 bytes/],
  ['the same file comes again', part('source', 'zip', true), /twice/],
])('discards a file that had arrived whole when %s', async (_what, rest, text) => {
  const { request, end, form, stored, discarded } = world();
  const settled = form.catch((error: unknown) => error);
  request.write(part('source', 'zip', true) + part('a', 'b'));
  await expect.poll(() => stored).toEqual(['zip']);
  if (rest) end(`${rest}--b--`);
  else request.destroy();
  expect(String(await settled)).toMatch(text);
  expect(discarded).toEqual(['zip']);
});

it('renders the rest of a form so that no name can end its header early', () => {
  const form: Form = {
    fields: [['a', 'line\nline']],
    inline: [{ name: 'certs', filename: 'a"\r\nb', bytes: Buffer.from([0, 255]) }],
    received: {},
  };
  expect(renderForm(form, 'x').toString('latin1')).toBe(
    [
      '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nline\nline\r\n',
      '--x\r\ncontent-disposition: form-data; name="certs"; filename="a___b"\r\n',
      'content-type: application/octet-stream\r\n\r\n\x00\xff\r\n--x--\r\n',
    ].join(''),
  );
});
