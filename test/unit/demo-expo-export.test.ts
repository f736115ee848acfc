import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openExport } from '../demo/expo/open-export.ts';

const BUNDLE = '_expo/static/js/ios/index-0f.hbc';
const PICTURE = Buffer.from('a picture');
const EXPECTED = { platform: 'ios', texts: ['Made by a worker'], picture: PICTURE };
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** The parts of Hermes' format that are looked at, and a text among what is not. */
function bytecode(text = 'Made by a worker'): Buffer {
  const body = Buffer.concat([Buffer.alloc(128), Buffer.from(text)]);
  Buffer.from('c61fbc03c103191f', 'hex').copy(body);
  body.writeUInt32LE(98, 8);
  body.writeUInt32LE(body.length + 20, 32);
  return sealed(body);
}

function sealed(body: Buffer): Buffer {
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

function changed(program: Buffer, at: number): Buffer {
  const copy = Buffer.from(program);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

const assetPath = (content: Buffer) => `assets/${createHash('md5').update(content).digest('hex')}`;

function metadata(platform = 'ios', bundle = BUNDLE, picture = PICTURE): string {
  const ofPlatform = { bundle, assets: [{ path: assetPath(picture), ext: 'png' }] };
  return JSON.stringify({ version: 0, bundler: 'metro', fileMetadata: { [platform]: ofPlatform } });
}

/** A faultless export, but for the files that are given; undefined is a file that is not there. */
async function exported(files: Readonly<Record<string, Buffer | string | undefined>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'buildlatch-export-'));
  folders.push(folder);
  const all = { 'metadata.json': metadata(), [BUNDLE]: bytecode(), [assetPath(PICTURE)]: PICTURE, ...files };
  for (const [name, content] of Object.entries(all)) {
    if (content === undefined) continue;
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

describe('opening what expo export wrote', () => {
  it('answers what is in it', async () => {
    const opened = await openExport(await exported({}), EXPECTED);
    expect(opened).toEqual({ bundle: BUNDLE, bytes: bytecode().length, bytecodeVersion: 98, assets: 1 });
  });

  const other = Buffer.from('another picture');
  const faults: [string, Readonly<Record<string, Buffer | string | undefined>>, RegExp][] = [
    ['no list of files', { 'metadata.json': undefined }, /no metadata\.json/],
    ['a list that is no JSON', { 'metadata.json': '{' }, /no JSON/],
    ['a list of another shape', { 'metadata.json': '{"version":1}' }, /not what expo export writes/],
    ['an export for the other platform', { 'metadata.json': metadata('android') }, /for android, not for ios/],
    [
      'a program of the other platform',
      { 'metadata.json': metadata('ios', '_expo/static/js/android/x.hbc') },
      /not for/,
    ],
    ['no program', { [BUNDLE]: undefined }, /no _expo/],
    ['a program that is JavaScript', { [BUNDLE]: `${'// '.repeat(99)}Made by a worker` }, /not Hermes bytecode/],
    ['a program that is cut off', { [BUNDLE]: bytecode().subarray(0, -1) }, /its header says/],
    ['a program with one bit turned', { [BUNDLE]: changed(bytecode(), 130) }, /its own hash/],
    ["a program without the app's text", { [BUNDLE]: bytecode('Made by another one') }, /does not contain/],
    ['no asset', { [assetPath(PICTURE)]: undefined }, /no assets/],
    ['an asset with other bytes', { [assetPath(PICTURE)]: other }, /has the hash/],
    [
      'no picture of the app',
      { 'metadata.json': metadata('ios', BUNDLE, other), [assetPath(other)]: other },
      /picture is not among/,
    ],
  ];
  it.each(faults)('refuses %s', async (_, files, why) => {
    await expect(openExport(await exported(files), EXPECTED)).rejects.toThrow(why);
  });
});
