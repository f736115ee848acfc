import { Command, type Option, type ParseOptionsResult } from 'commander';
import type { CommandContext } from './context.ts';
import { Flag, FlagHelp, variableOf } from './flag.ts';
import { fillFlags, type SettingSources } from './setting-sources.ts';

type Action = (context: CommandContext) => Promise<number>;

export interface Setup {
  /** Where the value of a flag comes from that was not typed. */
  readonly sources: SettingSources;
  /** Runs an action with a context, which is made from the flags that all commands share. */
  readonly run: (command: CliCommand, action: Action) => Promise<void>;
}

/** A line for a shell, in which `$id` is a build. All are run by a test. */
export interface Example {
  readonly line: string;
  readonly says: string;
}

/** A command whose every flag has an environment variable and a place in settings files, without saying so each time. */
export class CliCommand extends Command {
  readonly examples: Example[] = [];
  readonly #setup: Setup;

  constructor(name: string | undefined, setup: Setup) {
    super(name);
    this.#setup = setup;
    this.addHelpText('after', () => examplesText(this.examples));
  }

  /** The names that lead here, without the program's. */
  get path(): readonly string[] {
    return this.parent instanceof CliCommand ? [...this.parent.path, this.name()] : [];
  }

  override createCommand(name?: string): CliCommand {
    return new CliCommand(name, this.#setup);
  }

  override createOption(flags: string, description?: string): Flag {
    return new Flag(flags, description);
  }

  override createHelp(): FlagHelp {
    return Object.assign(new FlagHelp(), this.configureHelp());
  }

  override addOption(option: Option): this {
    if (!(option instanceof Flag)) throw new Error(`${option.flags} is declared as an Option: make it a Flag`);
    option.variable = variableOf(this.path, option);
    return super.addOption(option);
  }

  override parseOptions(args: string[]): ParseOptionsResult {
    const parsed = super.parseOptions(args);
    // Whoever asks for help gets it, whatever their settings say.
    if (!args.includes('--help') && !args.includes('-h')) fillFlags(this, this.#setup.sources);
    return parsed;
  }

  example(line: string, says: string): this {
    this.examples.push({ line, says });
    return this;
  }

  /** What the command does with its flags and arguments; it answers the exit code. */
  runs<Flags extends object, Arguments extends string[]>(
    run: (context: CommandContext, flags: Flags, ...args: Arguments) => Promise<number>,
  ): this {
    return this.action((...received) => {
      const args = received.slice(0, this.registeredArguments.length) as Arguments;
      return this.#setup.run(this, (context) => run(context, this.opts<Flags>(), ...args));
    });
  }
}

function examplesText(examples: readonly Example[]): string {
  if (examples.length === 0) return '';
  return ['', 'Examples:', ...examples.map(({ line, says }) => `  ${line}\n      ${says}`)].join('\n');
}
