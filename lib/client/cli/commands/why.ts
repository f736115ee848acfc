import { eventSentence, standingSentence } from '../../../domain/build-story.ts';
import type { BuildStory, Status } from '../../answers.ts';
import type { QueuePlace } from '../../queue-answers.ts';
import type { ApiClient } from '../../api-client.ts';
import { hasStatus } from '../../api-error.ts';
import type { CliCommand } from '../cli-command.ts';
import { type CommandContext, clientFor } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { anId } from '../flag.ts';
import { buildCredentials } from '../settings.ts';
import { pausedText } from '../view-lines.ts';

export function addWhy(parent: CliCommand): void {
  parent
    .command('why')
    .description('tell what happened to a build, step by step')
    .argument('<id>', 'the build', anId)
    .example('buildlatch why "$id"', 'who had it, why it went on, how it ended')
    .runs((context, _flags, id) => why(context, id));
}

/** Tells what happened to a build, and why, step by step. */
async function why(context: CommandContext, id: string): Promise<number> {
  const client = clientFor(context, buildCredentials(context.settings));
  const [story, status] = [await client.events(id), await client.status(id)];
  if (context.isJson) context.screen.json({ ...story, state: status.state });
  else for (const line of storyLines(story, status, await waitingFor(client, status))) context.screen.data(line);
  return EXIT.ok;
}

/** Why a build goes on waiting: its platform is paused, or it has labels, as far as whoever asks may see the workers. */
async function waitingFor(client: ApiClient, { id, state, platform, labels }: Status): Promise<string | undefined> {
  if (state !== 'pending') return undefined;
  const paused = await pauseOf(client, id);
  if (paused) return `It waits: ${pausedText(paused)} (since ${new Date(paused.since).toISOString()}).`;
  if (labels.length === 0) return undefined;
  const asked = `the labels ${labels.join(', ')}`;
  try {
    const online = (await client.workers()).filter(
      (worker) => worker.state !== 'offline' && worker.capabilities.platforms.includes(platform),
    );
    const able = online.filter((worker) => labels.every((label) => worker.labels.includes(label)));
    if (able.length === 0) return `It waits: no worker online has ${asked}.`;
    return `It waits for ${able.length === 1 ? 'the one worker' : `one of ${able.length} workers`} online with ${asked}.`;
  } catch (error) {
    // A build's token, or a key without `read`.
    if (!hasStatus(error, 401, 403)) throw error;
    return `It waits for a worker with ${asked}.`;
  }
}

/** A controller of an older version knows of no places. */
async function pauseOf(client: ApiClient, id: string): Promise<QueuePlace['paused']> {
  try {
    return (await client.place(id)).paused;
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    return null;
  }
}

function storyLines({ events }: BuildStory, status: Status, waiting: string | undefined): string[] {
  const begin = events[0]?.at ?? status.submitted_at;
  const lines = events.map((event) => `${sinceText(event.at - begin)}  ${eventSentence(event)}`);
  return [...lines, '', waiting ?? standingSentence(status)];
}

/** Fits builds of up to 999 hours; the first column of every line. */
function sinceText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = String(Math.floor(seconds / 3600)).padStart(3);
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
