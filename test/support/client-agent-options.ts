import type { AgentOptions } from '../../lib/client/agent/agent.ts';
import type { AgentEvent } from '../../lib/client/agent/events.ts';
import { fastClock } from './client-clock.ts';
import type { FakeController } from './client-fake-controller.ts';

/** An agent of the fake controller that builds once; what it does is added to `events`. */
export const agentOptions = (fake: FakeController, workDir: string, events: AgentEvent[]): AgentOptions => ({
  baseUrl: fake.url,
  clock: fastClock(50),
  random: () => 0,
  worker: { name: 'mac', platforms: ['ios'], apiKey: 'project-key' },
  workDir,
  isOnce: true,
  overrides: {},
  env: { PATH: process.env['PATH'] },
  emit: (event) => events.push(event),
});
