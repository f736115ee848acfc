import { AsyncLocalStorage } from 'node:async_hooks';
import { DynamoDBClient, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { FUNCTIONS } from '../../infra/functions.ts';
import { type FunctionLoader, loadFromFunctions } from '../../infra/local/lambda-runtime.ts';

/**
 * The roles of `infra/functions.ts` at work on the embedded engines, which know none: a call that its function's role does
 * not allow is refused before it is sent, in AWS's words. So every test over HTTP shows that no permission is missing.
 */

const running = new AsyncLocalStorage<{ readonly file: string; readonly may: readonly string[] }>();

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Readonly<Record<string, unknown>>;
}

interface Sender {
  send(this: unknown, command: Command, ...rest: unknown[]): Promise<unknown>;
}

/** The clients of the SDK have `send` from one class. */
const sdk: Sender = Object.getPrototypeOf(DynamoDBClient.prototype);
const { send } = sdk;
let isOn = false;

/** Loads functions so that their roles are enforced. `may` replaces what a function may do, for the test of this itself. */
export function enforcingRoles(may: Readonly<Record<string, readonly string[]>> = {}): FunctionLoader {
  if (!isOn) {
    sdk.send = function (command, ...rest) {
      const function_ = running.getStore();
      if (function_) refuseWhatIsNotAllowed(function_, command);
      return send.call(this, command, ...rest);
    };
    isOn = true;
  }
  return async (file) => {
    const handler = await loadFromFunctions(file);
    const allowed = may[file] ?? FUNCTIONS.find((definition) => definition.file === file)?.may ?? [];
    return (event, context) => running.run({ file, may: allowed }, () => handler(event, context));
  };
}

function refuseWhatIsNotAllowed({ file, may }: { file: string; may: readonly string[] }, command: Command): void {
  const missing = neededFor(command).filter((permission) => !may.includes(permission));
  if (missing.length === 0) return;
  const text = `${file} is not authorized to perform: ${missing.join(', ')} (infra/functions.ts)`;
  throw Object.assign(new Error(text), { name: 'AccessDeniedException' });
}

const PARTS = { Put: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem', ConditionCheck: 'ConditionCheckItem' };

/** S3 asks for other permissions than its operations are named. */
const OBJECTS: Readonly<Record<string, readonly string[]>> = {
  HeadObject: ['GetObject'],
  CopyObject: ['GetObject', 'PutObject'],
  CreateMultipartUpload: ['PutObject'],
  CompleteMultipartUpload: ['PutObject'],
  ListParts: ['ListMultipartUploadParts'],
};

function neededFor({ constructor: { name }, input }: Command): string[] {
  const operation = name.replace(/Command$/, '');
  if (operation === 'TransactWriteItems') {
    const parts = (input['TransactItems'] as readonly TransactWriteItem[]).flatMap((item) => Object.keys(item));
    return [...new Set(parts)].map((part) => `table:${PARTS[part as keyof typeof PARTS]}`);
  }
  if (input['QueueUrl']) {
    return [`${/-dead-letters$/.test(String(input['QueueUrl'])) ? 'deadLetters' : 'builds'}:${operation}`];
  }
  if (input['Bucket']) {
    const kind = /-(sources|results|certs)$/.exec(String(input['Bucket']))?.[1];
    return (OBJECTS[operation] ?? [operation]).map((action) => `${kind}:${action}`);
  }
  return [input['IndexName'] ? `index.${input['IndexName']}:${operation}` : `table:${operation}`];
}
