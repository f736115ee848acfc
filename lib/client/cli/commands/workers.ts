import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { anId } from '../flag.ts';
import { projectCredentials } from '../settings.ts';

export function addWorkers(parent: CliCommand): void {
  const workers = parent
    .command('workers')
    .description('show the workers: what they can build, when they were seen, what they hold')
    .example('buildlatch workers', 'who is there')
    .runs(showWorkers);
  workers
    .command('drain')
    .description('let a worker finish what it has, and give it nothing more')
    .argument('<id>', 'the worker', anId)
    .example('buildlatch workers drain "$worker"', 'before its machine is updated')
    .runs((context, _flags, id) => setDraining(context, id, true));
  workers
    .command('resume')
    .description('give a drained worker builds again, or one in quarantine')
    .argument('<id>', 'the worker', anId)
    .example('buildlatch workers resume "$worker"', 'afterwards')
    .runs((context, _flags, id) => setDraining(context, id, false));
  workers
    .command('revoke')
    .description('end a worker: its tokens open nothing more, and what it holds waits again')
    .argument('<id>', 'the worker', anId)
    .example('buildlatch workers revoke "$worker"', 'after a machine was lost; then revoke its key as well')
    .runs((context, _flags, id) => revoke(context, id));
}

async function showWorkers(context: CommandContext): Promise<number> {
  const workers = await clientFor(context, projectCredentials(context.settings)).workers();
  if (context.isJson) context.screen.json(workers);
  for (const worker of context.isJson ? [] : workers) {
    const columns = [
      worker.id,
      worker.state.padEnd(11),
      worker.capabilities.platforms.join(',').padEnd(11),
      new Date(worker.last_seen_at).toISOString(),
      worker.current_build_id ?? '-',
      worker.name,
      ...(worker.labels.length > 0 ? [`[${worker.labels.join(' ')}]`] : []),
    ];
    context.screen.data(columns.join('  '));
  }
  return EXIT.ok;
}

async function setDraining(context: CommandContext, id: string, wanted: boolean): Promise<number> {
  const { draining } = await clientFor(context, projectCredentials(context.settings)).setDraining(id, wanted);
  if (context.isJson) context.screen.json({ id, draining });
  else context.screen.note(draining ? `Worker ${id} gets no more builds` : `Worker ${id} gets builds again`);
  return EXIT.ok;
}

async function revoke(context: CommandContext, id: string): Promise<number> {
  const { builds_reassigned: given } = await clientFor(context, projectCredentials(context.settings)).revokeWorker(id);
  if (context.isJson) context.screen.json({ id, builds_reassigned: given });
  else context.screen.note(`Worker ${id} is gone${given > 0 ? '; its build waits again' : ''}`);
  return EXIT.ok;
}
