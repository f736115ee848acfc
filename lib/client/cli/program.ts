import { Command, InvalidArgumentError, Option } from 'commander';
import { cancel } from './cancel.ts';
import type { CommandContext } from './context.ts';
import { download } from './download.ts';
import { EXIT_CODES_HELP } from './exit-codes.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
import { list } from './list.ts';
import { showLogs } from './logs.ts';
import { addOperations } from './operations.ts';
import { retry } from './retry.ts';
import type { ConnectionFlags } from './settings.ts';
import { showStatus } from './status.ts';
import { submit } from './submit.ts';
import { why } from './why.ts';
import { work } from './worker.ts';
import { showWorkers } from './workers.ts';

interface GlobalFlags extends ConnectionFlags {
  readonly json?: boolean;
}

/** Runs a command with its context, made from the flags that all commands share. */
export type Run = (flags: GlobalFlags, command: (context: CommandContext) => Promise<number>) => Promise<void>;

const PLATFORMS = ['ios', 'android'] as const;
type Platform = (typeof PLATFORMS)[number];

export function createProgram(run: Run): Command {
  const program = new Command('buildlatch')
    .description('Submit builds to a Buildlatch controller, follow them, and work for it.')
    .option('--url <url>', 'the controller; or BUILDLATCH_URL (default: http://127.0.0.1:3000)')
    .option('--api-key <key>', "the project's key; better in BUILDLATCH_API_KEY, where other users cannot see it")
    .option('--build-token <token>', "one build's token, from submit --json; or BUILDLATCH_BUILD_TOKEN")
    .option('--json', 'data as JSON on stdout: one document, or one per line for logs --follow and worker')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('afterAll', EXIT_CODES_HELP)
    .exitOverride();
  addBuildCommands(program, run);
  addDownload(program, run);
  addWorker(program, run);
  addWorkers(program, run);
  addKeys(program, run);
  addOperations(program, run);
  return program;
}

interface SigningFlags {
  readonly cert?: string;
  readonly certPasswordEnv?: string;
  readonly profile?: string[];
}

interface SubmitFlags extends SigningFlags {
  readonly platform: Platform;
  readonly wait?: boolean;
}

function addBuildCommands(program: Command, run: Run): void {
  signed(add(program, 'submit', 'pack a folder (or take a .zip or .tar.gz) and submit it'))
    .argument('[folder]', 'the project; .gitignore and .buildlatchignore are respected', '.')
    .addOption(new Option('--platform <platform>', 'what to build for').choices(PLATFORMS).makeOptionMandatory())
    .option('--wait', 'show the log until the build is over; exit 1 if it fails')
    .action((folder: string, flags: SubmitFlags, command: Command) =>
      run(command.optsWithGlobals(), (context) => {
        const { platform, wait: isWaiting = false } = flags;
        return submit(context, { folder, platform, isWaiting, signing: signingOf(flags) });
      }),
    );
  add(program, 'status', 'show where a build stands')
    .argument('<id>', 'the build', anId)
    .action((id: string, _flags: object, command: Command) =>
      run(command.optsWithGlobals(), (context) => showStatus(context, id)),
    );
  add(program, 'logs', "show a build's log")
    .argument('<id>', 'the build', anId)
    .option('-f, --follow', 'go on until the build is over')
    .action((id: string, flags: { follow?: boolean }, command: Command) =>
      run(command.optsWithGlobals(), (context) => showLogs(context, id, flags.follow ?? false)),
    );
  add(program, 'cancel', 'end a build, waiting or running')
    .argument('<id>', 'the build', anId)
    .action((id: string, _flags: object, command: Command) =>
      run(command.optsWithGlobals(), (context) => cancel(context, id)),
    );
  signed(add(program, 'retry', 'build the same source once more'))
    .argument('<id>', 'the build, which has ended', anId)
    .action((id: string, flags: SigningFlags, command: Command) =>
      run(command.optsWithGlobals(), (context) => retry(context, id, signingOf(flags))),
    );
  add(program, 'why', 'tell what happened to a build, step by step')
    .argument('<id>', 'the build', anId)
    .action((id: string, _flags: object, command: Command) =>
      run(command.optsWithGlobals(), (context) => why(context, id)),
    );
  add(program, 'list', 'show builds, the newest first')
    .option('--limit <count>', 'how many', positive, 20)
    .action((flags: { limit: number }, command: Command) =>
      run(command.optsWithGlobals(), (context) => list(context, Math.ceil(flags.limit))),
    );
}

/** The original's material ended with it, so a retry is given it as a submit is. */
function signed(command: Command): Command {
  return command
    .option('--cert <file>', 'certificate to sign with: a .p12, or a .zip of one with its password.txt and profiles')
    .option('--cert-password-env <name>', "the environment variable that holds the .p12's password")
    .option('--profile <files...>', 'provisioning profiles');
}

const signingOf = ({ cert, certPasswordEnv, profile: profiles = [] }: SigningFlags) => ({
  cert,
  certPasswordEnv,
  profiles,
});

function addWorkers(program: Command, run: Run): void {
  add(program, 'workers', 'show the workers: what they can build, when they were seen, what they hold').action(
    (_flags: object, command: Command) => run(command.optsWithGlobals(), showWorkers),
  );
}

function addDownload(program: Command, run: Run): void {
  add(program, 'download', "fetch a build's result and verify its SHA-256")
    .argument('<id>', 'the build', anId)
    .option('-o, --output <file>', 'file or existing folder to write to')
    .option('--force', 'overwrite an existing file')
    .action((id: string, flags: { output?: string; force?: boolean }, command: Command) =>
      run(command.optsWithGlobals(), (context) =>
        download(context, { id, output: flags.output, mayOverwrite: flags.force ?? false }),
      ),
    );
}

interface WorkerFlags {
  readonly name?: string;
  readonly platform: Platform[];
  readonly once?: boolean;
  readonly workDir?: string;
  readonly command?: string;
  readonly artifact?: string;
  readonly heartbeatSeconds?: number;
}

function addWorker(program: Command, run: Run): void {
  add(program, 'worker', 'work for a controller: take builds, run their command, return the artifact')
    .option('--name <name>', "the worker's name (default: this machine's)")
    .addOption(new Option('--platform <list>', 'ios, android or both').argParser(platforms).makeOptionMandatory())
    .option('--once', 'leave after one build')
    .option('--work-dir <dir>', 'where builds take place (default: ~/.buildlatch/work)')
    .option('--command <command>', "the build command, instead of the project's buildlatch.json")
    .option('--artifact <path>', 'file, folder or pattern to return, instead of the one in buildlatch.json')
    .option('--heartbeat-seconds <seconds>', 'instead of what the controller asks for', positive)
    .addHelpText('after', '\nCtrl-C finishes the current build and leaves; a second one ends the build.')
    .action((flags: WorkerFlags, command: Command) =>
      run(command.optsWithGlobals(), (context) =>
        work(context, {
          name: flags.name,
          platforms: flags.platform,
          isOnce: flags.once ?? false,
          workDir: flags.workDir,
          command: flags.command,
          artifact: flags.artifact,
          heartbeatSeconds: flags.heartbeatSeconds,
        }),
      ),
    );
}

const SCOPES = ['admin', 'read', 'submit', 'work', 'work-any'] as const;
const SCOPES_HELP = `
Scopes:
  read      see every build, log and result
  submit    submit builds; see, cancel and retry those that it submitted (with read: all)
  work      register workers, which then act by tokens of their own
  work-any  act as any worker by its id; for workers of the old system
  admin     everything, keys included`;

function addKeys(program: Command, run: Run): void {
  const keys = add(program, 'keys', 'make, list and revoke API keys');
  add(keys, 'create', 'make a key; it is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(SCOPES).makeOptionMandatory())
    .addOption(new Option('--expires-days <days>', 'after how many days it ends').argParser(positive))
    .addHelpText('after', SCOPES_HELP)
    .action((flags: { name: string; scope: string[]; expiresDays?: number }, command: Command) =>
      run(command.optsWithGlobals(), (context) =>
        createKey(context, { name: flags.name, scopes: flags.scope, expiresDays: flags.expiresDays }),
      ),
    );
  add(keys, 'list', 'show all keys, the newest first, without their secrets').action(
    (_flags: object, command: Command) => run(command.optsWithGlobals(), (context) => listKeys(context)),
  );
  add(keys, 'revoke', 'end a key')
    .argument('<id>', 'the key: its first 21 characters', anId)
    .action((id: string, _flags: object, command: Command) =>
      run(command.optsWithGlobals(), (context) => revokeKey(context, id)),
    );
}

/** Subcommands inherit exitOverride and help settings when made through `command`. */
function add(program: Command, name: string, description: string): Command {
  return program.command(name).description(description);
}

function anId(value: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(value)) throw new InvalidArgumentError('Not an id.');
  return value;
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0) || !Number.isFinite(number)) throw new InvalidArgumentError('Not a positive number.');
  return number;
}

function platforms(value: string): Platform[] {
  const names = value.split(',').map((name) => name.trim());
  const known = PLATFORMS.filter((platform) => names.includes(platform));
  if (known.length !== new Set(names).size)
    throw new InvalidArgumentError('Only ios and android, separated by a comma.');
  return known;
}
