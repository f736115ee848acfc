import { describe, expect, it } from 'vitest';
import { Rejection } from '../../lib/domain/rejection.ts';
import { jsonOrMultipartBody, submittedBody } from '../../lib/runtime/multipart.ts';
import { anEvent } from '../support/builders.ts';
import { MULTIPART, multipart } from '../support/raw-http.ts';

const source = { name: 'source', value: 'PK\u0003\u0004', filename: 'project.tar.gz' };
const platform = { name: 'platform', value: 'ios' };
const read = (body: string, type: string = MULTIPART['content-type'], isBase64Encoded = false) =>
  jsonOrMultipartBody(anEvent({ headers: { 'content-type': type }, body, isBase64Encoded }));

/** What a form is refused with, or what was read. */
async function outcome(body: string, type?: string): Promise<string> {
  try {
    const { fields, files } = await read(body, type);
    return `read ${Object.keys({ ...fields, ...files }).length} parts`;
  } catch (error) {
    if (error instanceof Rejection) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('a submit', () => {
  const type = (contentType: string | undefined) =>
    submittedBody(anEvent({ headers: { 'content-type': contentType }, body: '{"platform":"ios"}' }));

  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/problem+json', '', undefined])(
    'may be JSON: %s',
    async (contentType) => expect((await type(contentType)).fields).toEqual({ platform: 'ios' }),
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'multipart/mixed; boundary=b', 'x'])(
    'of another type is refused in the old words: %s',
    async (contentType) => {
      const refusal = { code: 'invalid_request', message: 'Content must be multipart/form-data' };
      await expect(type(contentType)).rejects.toMatchObject(refusal);
    },
  );
});

describe('a form', () => {
  it.each([
    ['fields first', [platform, source]],
    ['the file first', [source, platform]],
  ])('is read with %s', async (_order, parts) => {
    const { fields, files, isMultipart } = await read(multipart(parts));
    expect([fields, isMultipart]).toEqual([{ platform: 'ios' }, true]);
    expect(Object.keys(files)).toEqual(['source']);
    expect(files['source']?.filename).toBe('project.tar.gz');
    expect(Buffer.from(files['source']?.bytes ?? []).toString()).toBe(source.value);
  });

  it('is read as it comes through the platform, as base64, byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256));
    const body = Buffer.concat([
      Buffer.from(multipart([platform], '')),
      Buffer.from(multipart([{ ...source, value: '@' }])),
    ]);
    const [before, after] = body.toString('latin1').split('@');
    const whole = Buffer.concat([Buffer.from(before ?? '', 'latin1'), bytes, Buffer.from(after ?? '', 'latin1')]);
    const { files } = await read(whole.toString('base64'), MULTIPART['content-type'], true);
    expect(Buffer.from(files['source']?.bytes ?? []).equals(bytes)).toBe(true);
  });

  it.each(['--b--\r\n', '--b--', '--b--\n', '--b--\r\n\r\n', '--b--\r\nan epilogue'])('may end in %j', async (end) => {
    expect(await outcome(multipart([platform, source], end))).toBe('read 2 parts');
  });

  it('takes quoted boundaries and any case of the type', async () => {
    expect(await outcome(multipart([platform]), 'Multipart/Form-Data; boundary="b"')).toBe('read 1 parts');
  });

  it('is JSON where the type says nothing of a form', async () => {
    expect(await read('{"platform":"ios"}', 'application/json')).toEqual({
      fields: { platform: 'ios' },
      files: {},
      isMultipart: false,
    });
  });
});

describe('a form is refused', () => {
  const file = (value: string) => `--b\r\nContent-Disposition: form-data; name="source"; filename="x"\r\n\r\n${value}`;
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `part-${index}`, value: 'x' }));

  it.each([
    ['no boundary', multipart([platform]), 'multipart/form-data', /boundary/],
    ['an empty boundary', multipart([platform]), 'multipart/form-data; boundary=', /Malformed/],
    ['a huge boundary', multipart([platform]), `multipart/form-data; boundary=${'b'.repeat(65_000)}`, /boundary/],
    [
      'two boundaries, the first another',
      multipart([platform]),
      'multipart/form-data; boundary=c; boundary=b',
      /Malformed/,
    ],
    ['nothing in it', '', undefined, /Malformed/],
    ['an end within a file', file('PK'), undefined, /Malformed/],
    ['an end within a file that looks like one', file('PK--'), undefined, /Malformed/],
    ['an end behind a part', multipart([platform, source], ''), undefined, /Malformed/],
    ['an end within a header', '--b\r\nContent-Dispo', undefined, /Malformed/],
    ['1,000 fields', multipart(many(1000)), undefined, /Too many parts/],
    ['1,000 files', multipart(many(1000).map((part) => ({ ...part, filename: 'x' }))), undefined, /Too many parts/],
    ['two sources', multipart([source, platform, source]), undefined, /source is there twice/],
    ['two sources at once', multipart([source, source]), undefined, /source is there twice/],
    ['two platforms', multipart([platform, platform]), undefined, /platform is there twice/],
    ['a field too long', multipart([{ ...platform, value: 'x'.repeat(65_537) }]), undefined, /too long/],
  ])('for %s', async (_what, body, type, why) => {
    const refused = await outcome(body, type);
    expect(refused).toMatch(/^invalid_request: /);
    expect(refused).toMatch(why);
  });

  it('for being cut off, at whatever byte', async () => {
    const whole = multipart([platform, source, { ...source, name: 'certs' }], '--b--');
    for (let length = 0; length < whole.length; length++) {
      expect(await outcome(whole.slice(0, length)), whole.slice(0, length)).toMatch(/^invalid_request: Malformed/);
    }
    expect(await outcome(whole)).toBe('read 3 parts');
  });

  it('and never ends the process: the error of a cut-off part has somebody who listens', async () => {
    const uncaught: unknown[] = [];
    const keep = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', keep);
    await outcome(file('PK'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', keep);
    expect(uncaught).toEqual([]);
  });

  it('names from a prototype are names like others', async () => {
    const parts = [{ name: '__proto__', value: 'x' }, { name: '__proto__', value: 'PK', filename: 'source' }, platform];
    const { fields, files } = await read(multipart(parts));
    expect(fields['platform']).toBe('ios');
    expect([files['source'], files['filename']]).toEqual([undefined, undefined]);
  });
});
