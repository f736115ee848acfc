import { readFileSync } from 'node:fs';

export interface DocExample {
  /** The heading it stands under. */
  readonly under: string;
  readonly text: string;
}

/** The examples of a document in one language, in its order. */
export function docExamples(name: string, language: string): DocExample[] {
  const document = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  const found = document.matchAll(/^#+ ([^\n]*)$|^```(\w+)\n(.*?)^```$/gms);
  const examples: DocExample[] = [];
  let under = '';
  for (const [, heading, kind, text = ''] of found) {
    if (heading !== undefined) under = heading;
    else if (kind === language) examples.push({ under, text });
  }
  return examples;
}
