import { createRequire } from 'node:module';

/** The deployment framework has a parser of YAML; one more package would be for two files of tests. */
const framework = createRequire(createRequire(import.meta.url).resolve('serverless/package.json'));
const { load } = framework('js-yaml') as { load: (text: string) => unknown };

/** What a document says, as the type that its reader expects: whatever else it is turns the test red. */
export const parseYaml = <T>(text: string): T => load(text) as T;
