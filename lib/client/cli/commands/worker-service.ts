import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { installService, uninstallService } from '../../service/install-service.ts';
import { type ServicePlace, servicePlace } from '../../service/service-place.ts';
import type { WorkerService } from '../../service/worker-service.ts';
import type { CliCommand } from '../cli-command.ts';
import type { CommandContext } from '../context.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { projectCredentials } from '../settings.ts';
import { platformsOf, workerArgs, type WorkerFlags } from '../worker-flags.ts';

interface UninstallFlags {
  readonly destdir?: string;
}

interface InstallFlags extends UninstallFlags {
  readonly print?: boolean;
  readonly runAs?: string;
}

/** Time to pack and upload what a build has made, after its command has used all of its own. */
const STOP_MARGIN_SECONDS = 600;

export function addWorkerService(worker: CliCommand): void {
  worker
    .command('install')
    .description('write a service that starts this worker with the machine: a systemd unit, on macOS a launchd agent')
    .option('--print', 'show it and write nothing')
    .option('--run-as <user>', 'who builds, when root installs it for the whole machine')
    .option('--destdir <folder>', 'write below this folder, to make a package')
    .example(
      'buildlatch worker install --platform ios --slots 2 --print',
      'a look at the service; without --print it is written',
    )
    .runs((context, flags: InstallFlags) => install(context, worker.opts<WorkerFlags>(), flags));
  worker
    .command('uninstall')
    .description('remove the service and its key')
    .option('--destdir <folder>', 'from below this folder')
    .example('buildlatch worker uninstall --destdir ./package', 'takes them out of a package')
    .runs(uninstall);
}

async function install(context: CommandContext, flags: WorkerFlags, own: InstallFlags): Promise<number> {
  const { settings, screen, io, isJson } = context;
  const { print = false, runAs, destdir } = own;
  platformsOf(flags);
  if (!isRoot() && runAs !== undefined) throw new UsageError('--run-as is for root');
  if (isRoot() && runAs === undefined && !print)
    throw new UsageError('builds would run as root: name another user with --run-as');
  const place = placeHere(io.env, runAs !== undefined);
  const service: WorkerService = {
    node: process.execPath,
    program: realpathSync(process.argv[1] ?? ''),
    args: ['worker', ...workerArgs(flags)],
    envFile: place.envFile,
    path: io.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    user: runAs,
    stopSeconds: Math.ceil(flags.timeout / 1000) + STOP_MARGIN_SECONDS,
    logFile: place.logFile,
  };
  const { definition, envFile: env_file, start } = place;
  if (print) {
    const content = place.write(service).trimEnd();
    screen.note(`Would be ${definition}; the key in ${env_file}, for its owner only`);
    if (isJson) screen.json({ definition, env_file, content });
    else for (const line of content.split('\n')) screen.data(line);
    return EXIT.ok;
  }
  const key = projectCredentials(settings)['X-API-Key'] ?? '';
  await installService(place, service, { BUILDLATCH_URL: settings.baseUrl, BUILDLATCH_API_KEY: key }, destdir);
  screen.note(`Wrote ${definition} and, for its owner only, ${env_file}. To start it:`);
  if (isJson) screen.json({ definition, env_file, start });
  else for (const line of start) screen.data(line);
  return EXIT.ok;
}

async function uninstall({ screen, io, isJson }: CommandContext, { destdir }: UninstallFlags): Promise<number> {
  const place = placeHere(io.env, isRoot());
  await uninstallService(place, destdir);
  const { definition, envFile: env_file, stop } = place;
  screen.note(`Removed ${definition} and ${env_file}. To end what runs:`);
  if (isJson) screen.json({ definition, env_file, stop });
  else for (const line of stop) screen.data(line);
  return EXIT.ok;
}

function placeHere(env: NodeJS.ProcessEnv, isForMachine: boolean): ServicePlace {
  const place = servicePlace(process.platform, env['HOME'] || homedir(), isForMachine);
  if (!place)
    throw new UsageError(`no service can be written for ${process.platform}: run "buildlatch worker" by its own means`);
  return place;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
