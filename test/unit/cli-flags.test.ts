import { expect, it } from 'vitest';
import { CliCommand } from '../../lib/client/cli/cli-command.ts';
import { Flag, labels } from '../../lib/client/cli/flag.ts';
import { createProgram } from '../../lib/client/cli/program.ts';
import { userFolder } from '../../lib/client/cli/settings-files.ts';

const program = createProgram(
  { sources: { env: {}, project: undefined, user: undefined, warn: () => {} }, run: async () => {} },
  { stdout: { write: () => {} }, stderr: { write: () => {} } },
);

function withSubcommands(command: CliCommand): CliCommand[] {
  const below = command.commands.filter((each): each is CliCommand => each instanceof CliCommand);
  return [command, ...below.flatMap(withSubcommands)];
}

it('every flag has an environment variable of its own, which its help names', () => {
  const commands = withSubcommands(program);
  const flags = commands.flatMap((command) => command.options.map((option) => ({ command, option })));
  expect(flags.length).toBeGreaterThan(20);
  const variables = flags.map(({ command, option }) => {
    if (!(option instanceof Flag)) throw new Error(`${option.flags} is not a Flag`);
    expect(command.createHelp().optionDescription(option)).toContain(`(env: ${option.variable})`);
    return option.variable;
  });
  expect(new Set(variables).size).toBe(variables.length);
  expect(variables).toEqual(expect.arrayContaining(['BUILDLATCH_URL', 'BUILDLATCH_KEYS_CREATE_EXPIRES_DAYS']));
});

it('every command says what it does', () => {
  for (const command of withSubcommands(program)) expect(command.description()).not.toBe('');
});

it.each<[NodeJS.Platform, NodeJS.ProcessEnv, string | undefined]>([
  ['linux', { HOME: '/h' }, '/h/.config/buildlatch'],
  ['linux', { HOME: '/h', XDG_CONFIG_HOME: '/x' }, '/x/buildlatch'],
  ['darwin', { HOME: '/h' }, '/h/Library/Application Support/buildlatch'],
  ['win32', { APPDATA: '/roaming', HOME: '/h' }, '/roaming/buildlatch'],
  ['linux', {}, undefined],
])('the user’s settings on %s with %j are in %s', (platform, env, folder) => {
  expect(userFolder(env, platform)).toBe(folder);
});

it('a flag that adds to those before it may be a list in a file, and text with commas in the environment', () => {
  const found = (env: NodeJS.ProcessEnv, label: unknown) => {
    const user = { name: 'config.json', values: { label } };
    const command = new CliCommand('buildlatch', {
      sources: { env, project: undefined, user, warn: () => {} },
      run: async () => {},
    });
    command.option('--label <label>', 'a label', labels).parseOptions([]);
    return command.opts()['label'];
  };
  expect(found({}, ['a', 'b'])).toEqual(['a', 'b']);
  expect(found({ BUILDLATCH_LABEL: 'c, d' }, ['a'])).toEqual(['c', 'd']);
  expect(found({}, 'e')).toEqual(['e']);
});
