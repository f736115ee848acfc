import { type CommandContext, clientFor } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { projectCredentials } from './settings.ts';

export async function list(context: CommandContext, limit: number): Promise<number> {
  const builds = await clientFor(context, projectCredentials(context.settings)).list(limit);
  if (context.isJson) context.screen.json(builds);
  for (const build of context.isJson ? [] : builds) {
    const columns = [
      build.id,
      (build.state ?? build.status).padEnd(9),
      (build.platform ?? '').padEnd(7),
      build.createdAt,
    ];
    context.screen.data(columns.join('  '));
  }
  return EXIT.ok;
}
