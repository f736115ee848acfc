import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ApiError } from '../../api-error.ts';
import { answered } from '../../request.ts';
import type { CliCommand } from '../cli-command.ts';
import type { CommandContext, Io } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { anId } from '../flag.ts';

interface OpenFlags {
  readonly print?: boolean;
}

export function addOpen(parent: CliCommand): void {
  parent
    .command('open')
    .description("open the controller's page in a browser, or that of a build; prints its address")
    .argument('[id]', 'the build', anId)
    .option('--print', 'print the address and open nothing')
    .example('buildlatch open "$id" --print', "the address of the build's page")
    .runs((context, flags: OpenFlags, id: string | undefined) => open(context, flags.print ?? false, id));
}

async function open(context: CommandContext, isPrintingOnly: boolean, id: string | undefined): Promise<number> {
  const { io, screen, settings } = context;
  const url = `${settings.baseUrl}/${id === undefined ? '' : `#/builds/${id}`}`;
  if (!isPrintingOnly) await refuseWithoutPage(context);
  if (context.isJson) screen.json({ url });
  else screen.data(url);
  if (!isPrintingOnly) await openInBrowser(io, url);
  return EXIT.ok;
}

/** A controller of an older version, or one that is used by programs only. */
async function refuseWithoutPage({ settings: { baseUrl }, signal }: CommandContext): Promise<void> {
  const { origin } = new URL(baseUrl);
  const response = await answered(origin, signal, () => fetch(`${baseUrl}/`, { redirect: 'manual', signal }));
  await response.body?.cancel();
  if (response.ok && response.headers.get('content-type')?.startsWith('text/html')) return;
  throw new ApiError(404, 'no_page', `${baseUrl} has no page for browsers; --print prints the address all the same`);
}

/** The address is an argument and never passes a shell. */
async function openInBrowser(io: Io, url: string): Promise<void> {
  const [command, ...args] = browser(io.env, process.platform);
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  await once(child, 'spawn');
  child.unref();
}

function browser(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): [string, ...string[]] {
  if (env['BROWSER']) return [env['BROWSER']];
  if (platform === 'darwin') return ['open'];
  return platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open'];
}
