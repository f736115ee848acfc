import type { CliCommand } from './cli-command.ts';
import { Flag } from './flag.ts';
import { duration } from './quantities.ts';

const INTERRUPT_CHOICES = ['cancel', 'detach'] as const;
export type InterruptChoice = (typeof INTERRUPT_CHOICES)[number];

export interface WaitFlags {
  readonly timeout?: number;
  readonly onInterrupt?: InterruptChoice;
  readonly download?: string;
}

/** What `submit --wait` and `wait` have in common. */
export function addWaitFlags(command: CliCommand): CliCommand {
  return command
    .addOption(
      new Flag(
        '--timeout <time>',
        'leave after 90s, 45m or 2h, with exit code 124; the build goes on, or see --on-interrupt',
      )
        .argParser(duration)
        .forProjects(),
    )
    .addOption(
      new Flag(
        '--on-interrupt <what>',
        'after Ctrl-C or --timeout, cancel the build or let it go on; else a terminal is asked',
      )
        .choices(INTERRUPT_CHOICES)
        .forProjects(),
    )
    .addOption(new Flag('--download [folder]', 'fetch the result of a build that succeeds, and verify it').preset('.'));
}
