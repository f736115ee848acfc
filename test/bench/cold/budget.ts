import type { FunctionDefinition } from '../../../infra/function-definition.ts';
import { TARGETS } from '../design/targets.ts';

/** Whether a function has to do with files: its bundle then has the client of S3 in it. */
export const usesS3 = ({ env }: Pick<FunctionDefinition, 'env'>): boolean => env.some((name) => /_BUCKET$/.test(name));

/** How large its bundle may be. */
export const budgetOf = (definition: Pick<FunctionDefinition, 'env'>): number =>
  usesS3(definition) ? TARGETS.bundleBytesWithS3 : TARGETS.bundleBytes;
