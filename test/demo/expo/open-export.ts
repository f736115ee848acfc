import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod/mini';
import { ignoreMissing } from '../../../lib/client/missing-file.ts';
import { DemoFailure } from '../stage.ts';

export interface Expectation {
  readonly platform: string;
  /** All are in the app's program. */
  readonly texts: readonly string[];
  /** One of the app's assets. */
  readonly picture: Buffer;
}

export interface OpenedExport {
  readonly bundle: string;
  readonly bytes: number;
  readonly bytecodeVersion: number;
  readonly assets: number;
}

const Asset = z.object({ path: z.string().check(z.regex(/^assets\/[0-9a-f]{32}$/)), ext: z.string() });
const OfPlatform = z.object({ bundle: z.string(), assets: z.array(Asset) });
const Metadata = z.object({
  version: z.literal(0),
  bundler: z.literal('metro'),
  fileMetadata: z.record(z.string(), OfPlatform),
});

/** As Hermes' `BytecodeFileFormat.h` has it: magic, version, SHA-1 of the source, length of the file; and in the end, SHA-1 of the rest. */
const MAGIC = Buffer.from('c61fbc03c103191f', 'hex');
const [VERSION_AT, LENGTH_AT, HEADER_BYTES, SHA1_BYTES] = [8, 32, 128, 20];

/** Reads what `expo export` wrote, as an update server or an app would. Throws `DemoFailure` for what does not fit. */
export async function openExport(folder: string, expected: Expectation): Promise<OpenedExport> {
  const { bundle, assets } = await readMetadata(folder, expected.platform);
  const program = await readPart(folder, bundle);
  const bytecodeVersion = checkBytecode(bundle, program);
  for (const text of expected.texts) {
    if (!program.includes(text)) throw new DemoFailure(`${bundle} does not contain “${text}”`);
  }
  let hasPicture = false;
  for (const { path } of assets) {
    const content = await readPart(folder, path);
    const hash = createHash('md5').update(content).digest('hex');
    if (hash !== basename(path)) throw new DemoFailure(`${path} has the hash ${hash}`);
    hasPicture ||= content.equals(expected.picture);
  }
  if (!hasPicture) throw new DemoFailure(`the app's picture is not among the ${assets.length} assets`);
  return { bundle, bytes: program.length, bytecodeVersion, assets: assets.length };
}

async function readMetadata(folder: string, platform: string): Promise<z.output<typeof OfPlatform>> {
  const parsed = z.safeParse(Metadata, parseJson((await readPart(folder, 'metadata.json')).toString()));
  if (!parsed.success) throw new DemoFailure(`metadata.json is not what expo export writes: ${parsed.error.message}`);
  const platforms = Object.keys(parsed.data.fileMetadata).join(', ');
  const own = parsed.data.fileMetadata[platform];
  if (!own || platforms !== platform) throw new DemoFailure(`metadata.json is for ${platforms}, not for ${platform}`);
  if (!own.bundle.startsWith(`_expo/static/js/${platform}/`))
    throw new DemoFailure(`${own.bundle} is not for ${platform}`);
  return own;
}

function checkBytecode(name: string, program: Buffer): number {
  if (program.length < HEADER_BYTES || !program.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new DemoFailure(`${name} is not Hermes bytecode`);
  }
  const length = program.readUInt32LE(LENGTH_AT);
  if (length !== program.length)
    throw new DemoFailure(`${name} has ${program.length} bytes, its header says ${length}`);
  const hash = createHash('sha1').update(program.subarray(0, -SHA1_BYTES)).digest();
  if (!hash.equals(program.subarray(-SHA1_BYTES))) throw new DemoFailure(`${name} is not what its own hash says`);
  return program.readUInt32LE(VERSION_AT);
}

async function readPart(folder: string, path: string): Promise<Buffer> {
  const content = await readFile(join(folder, path)).catch(ignoreMissing);
  if (!content) throw new DemoFailure(`the export has no ${path}`);
  return content;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DemoFailure(`metadata.json is no JSON: ${error.message}`);
  }
}
