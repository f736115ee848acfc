import { readFile, writeFile } from 'node:fs/promises';
import { document } from './document.ts';
import { type Described, typeText } from './type-text.ts';

/** Where the document lies: among what the functions import, as one of them serves it. */
const FILE = new URL('../../lib/runtime/openapi.json', import.meta.url);
/** What programs that ask a controller are typed by. */
const TYPES = new URL('../../lib/client/api-types.ts', import.meta.url);
const PACKAGE = new URL('../../package.json', import.meta.url);

/** The document as it must be checked in. */
export async function generated(): Promise<string> {
  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8'));
  return `${JSON.stringify(document(version), null, 2)}\n`;
}

export const checkedIn = () => readFile(FILE, 'utf8');

export const generatedTypes = (json: string) => typeText(JSON.parse(json) as Described);
export const checkedInTypes = () => readFile(TYPES, 'utf8');

if (import.meta.main) {
  const text = await generated();
  await writeFile(FILE, text);
  await writeFile(TYPES, generatedTypes(text));
  console.log(`lib/runtime/openapi.json: ${Object.keys(JSON.parse(text).paths).length} paths`);
}
