import { setTimeout as wait } from 'node:timers/promises';
import {
  GetFunctionConfigurationCommand,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { inject } from 'vitest';
import { client } from '../support/controller.ts';
import { lambda } from './aws.ts';
import { STAGE } from './stage.ts';

/** What `run.ts` has deployed. */
interface Deployed {
  readonly url: string;
  readonly apiKey: string;
  /** Whether it is the emulator that we know, and not one that somebody has pointed us to. */
  readonly isOurs: boolean;
}

declare module 'vitest' {
  interface ProvidedContext {
    deployed: Deployed;
  }
}

export function deployedController() {
  const { url, apiKey } = inject('deployed');
  return client(url, apiKey);
}

/** The name that a function has in Lambda. */
export const functionName = (file: string) => `buildlatch-${STAGE}-${file.split('/').at(-1)}`;

export async function configuration(file: string) {
  return lambda().send(new GetFunctionConfigurationCommand({ FunctionName: functionName(file) }));
}

type Changes = Pick<UpdateFunctionConfigurationCommandInput, 'Environment' | 'Role'>;

async function change(file: string, changes: Changes): Promise<void> {
  const FunctionName = functionName(file);
  await lambda().send(new UpdateFunctionConfigurationCommand({ FunctionName, ...changes }));
  await waitUntilFunctionUpdatedV2({ client: lambda(), maxWaitTime: 30, minDelay: 1 }, { FunctionName });
}

/** Sets variables of a deployed function, as an operator can. Answers what puts the former ones back. */
export async function changeEnvironment(file: string, changes: Record<string, string>): Promise<() => Promise<void>> {
  const before = (await configuration(file)).Environment?.Variables ?? {};
  await change(file, { Environment: { Variables: { ...before, ...changes } } });
  return () => change(file, { Environment: { Variables: before } });
}

/** Gives a deployed function the role of another. Answers what puts its own back. */
export async function lendRole(file: string, from: string): Promise<() => Promise<void>> {
  const [{ Role: own, Environment }, { Role: lent }] = [await configuration(file), await configuration(from)];
  const before = Environment?.Variables ?? {};
  // A change of the role alone leaves ministack's running environments as they are; one of the variables ends them.
  await change(file, { Role: lent, Environment: { Variables: { ...before, ROLE_LENT_BY: from } } });
  return () => change(file, { Role: own, Environment: { Variables: before } });
}

const LOOK_EVERY_MS = 500;

/** What happens in the emulator happens by its clock: it can only be waited for. */
export async function until<T>(what: string, withinSeconds: number, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + withinSeconds * 1000; performance.now() < end; await wait(LOOK_EVERY_MS)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`${what}: not within ${withinSeconds} s`);
}
