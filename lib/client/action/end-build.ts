import { useProxies } from '../network.ts';
import { clientIn } from '../scripting/client-in.ts';
import { type ActionInputs, readInputs } from './inputs.ts';
import { createRunner, type Runner, type Surroundings } from './runner.ts';

/** A cancelled step has 7.5 s until SIGTERM and 2.5 s more until it is killed: quick tries, of which the first is at once. */
const QUICK = { tries: 12, baseMs: 200, maxMs: 1_000 };

/** Does with a build that nobody waits for what `on-cancel` says. Undefined: the controller could not be told. */
export async function endBuild(
  { clock, random }: Surroundings,
  runner: Runner,
  { url, apiKey, onCancel }: ActionInputs,
  id: string,
): Promise<string | undefined> {
  const client = clientIn({ clock, random }, { url, apiKey, retry: QUICK });
  try {
    if (onCancel === 'detach') {
      runner.say(`Build ${id} goes on: on-cancel is detach`);
      return (await client.status(id)).state;
    }
    const { status } = await client.cancel(id);
    runner.say(`Build ${id} ${status}`);
    return status;
  } catch (error) {
    runner.warning(`build ${id} could not be cancelled: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** The end of the job: cancels what the step was following when it was killed, or lost sight of. */
export async function cleanUp(surroundings: Surroundings): Promise<number> {
  const runner = createRunner(surroundings);
  const id = runner.saved('build');
  if (id === undefined || runner.saved('over') === 'true') return 0;
  const inputs = readInputs(surroundings.env);
  runner.mask(inputs.apiKey);
  useProxies(surroundings.env);
  await endBuild(surroundings, runner, inputs, id);
  return 0;
}
