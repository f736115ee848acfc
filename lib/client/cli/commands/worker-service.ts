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

interface InstallFlags {
  readonly print?: boolean;
  readonly runAs?: string;
  readonly destdir?: string;
}

type UninstallFlags = Pick<InstallFlags, 'destdir'>;

/** Time to pack and upload what a build has made, after its command has used all of its own. */
const STOP_MARGIN_SECONDS = 600;

export function addWorkerService(worker: CliCommand): void {
  worker
    .command('install')
    .description('write a service that starts this worker with the machine: a systemd unit, on macOS a launchd agent')
    .option('--print', 'show it and write nothing')
    .option('--run-as <user>', 'who builds, when root installs it')
    .option('--destdir <folder>', 'write below this folder, to make a package')
    .runs((context, flags: InstallFlags) => install(context, worker.opts<WorkerFlags>(), flags));
  worker
    .command('uninstall')
    .description('remove the service and its key')
    .option('--destdir <folder>', 'from below this folder')
    .runs(uninstall);
}

async function install(
  context: CommandContext,
  flags: WorkerFlags,
  { print, runAs, destdir }: InstallFlags,
): Promise<number> {
  const { settings, screen, io } = context;
  const place = placeHere(io.env);
  platformsOf(flags);
  if (isRoot() && runAs === undefined)
    throw new UsageError('builds would run as root: name another user with --run-as');
  if (!isRoot() && runAs !== undefined) throw new UsageError('--run-as is for root');
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
  if (print) {
    screen.note(`Would be ${place.definition}; the key in ${place.envFile}, for its owner only`);
    for (const line of place.write(service).trimEnd().split('\n')) screen.data(line);
    return EXIT.ok;
  }
  const key = projectCredentials(settings)['X-API-Key'] ?? '';
  await installService(place, service, { BUILDLATCH_URL: settings.baseUrl, BUILDLATCH_API_KEY: key }, destdir);
  screen.note(`Wrote ${place.definition} and, for its owner only, ${place.envFile}. To start it:`);
  for (const line of place.start) screen.data(line);
  return EXIT.ok;
}

async function uninstall({ screen, io }: CommandContext, { destdir }: UninstallFlags): Promise<number> {
  const place = placeHere(io.env);
  await uninstallService(place, destdir);
  screen.note(`Removed ${place.definition} and ${place.envFile}. To end what runs:`);
  for (const line of place.stop) screen.data(line);
  return EXIT.ok;
}

function placeHere(env: NodeJS.ProcessEnv): ServicePlace {
  const place = servicePlace(process.platform, env['HOME'] || homedir(), isRoot());
  if (!place)
    throw new UsageError(`no service can be written for ${process.platform}: run "buildlatch worker" by its own means`);
  return place;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
