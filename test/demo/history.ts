import * as z from 'zod/mini';

const ControllerEvent = z.object({
  time: z.string(),
  event: z.string(),
  buildId: z.optional(z.string()),
  attempt: z.optional(z.number()),
  workerId: z.optional(z.string()),
});
export type ControllerEvent = z.output<typeof ControllerEvent> & { readonly at: number };

const WorkerEvent = z.object({
  time: z.string(),
  event: z.string(),
  worker_id: z.optional(z.string()),
  build_id: z.optional(z.string()),
  attempt: z.optional(z.number()),
  pid: z.optional(z.number()),
  sha256: z.optional(z.string()),
  success: z.optional(z.boolean()),
});
export type WorkerEvent = z.output<typeof WorkerEvent> & { readonly at: number; readonly worker: string };

export interface History {
  readonly controller: readonly ControllerEvent[];
  readonly workers: readonly WorkerEvent[];
  addController(line: string): void;
  addWorker(worker: string, line: string): void;
  /** The first answer that is not undefined; asked again whenever something happens. */
  until<T>(look: () => T | undefined): Promise<T>;
  /** Completed or failed, all of them. */
  untilOver(ids: readonly string[]): Promise<unknown>;
  onController(listener: (event: ControllerEvent) => void): void;
  /** The name that a worker registered under. */
  nameOf(workerId: string | undefined): string;
}

/** Everything that both sides said happened, in the order it was said. */
export function createHistory(): History {
  const controller: ControllerEvent[] = [];
  const workers: WorkerEvent[] = [];
  const watchers = new Set<() => void>();
  const listeners: ((event: ControllerEvent) => void)[] = [];
  const notify = () => {
    for (const watch of watchers) watch();
  };
  const until: History['until'] = (look) =>
    new Promise((resolve) => {
      const watch = () => {
        const found = look();
        if (found === undefined) return;
        watchers.delete(watch);
        resolve(found);
      };
      watchers.add(watch);
      watch();
    });
  const isOver = (id: string) =>
    controller.some(
      ({ event, buildId }) => buildId === id && (event === 'build_completed' || event === 'build_failed'),
    );
  return {
    controller,
    workers,
    addController: (line) => {
      const event = parse(ControllerEvent, line);
      if (!event) return;
      controller.push(event);
      for (const listener of listeners) listener(event);
      notify();
    },
    addWorker: (worker, line) => {
      const event = parse(WorkerEvent, line);
      if (!event) return;
      workers.push({ ...event, worker });
      notify();
    },
    until,
    untilOver: (ids) => until(() => ids.every(isOver) || undefined),
    onController: (listener) => listeners.push(listener),
    nameOf: (id) => workers.find((event) => event.event === 'registered' && event.worker_id === id)?.worker ?? `${id}`,
  };
}

/** Other lines, such as the one that says where the controller listens, are no events. */
function parse<T extends { time: string }>(schema: z.ZodMiniType<T>, line: string): (T & { at: number }) | undefined {
  if (!line.startsWith('{')) return undefined;
  const parsed = z.safeParse(schema, JSON.parse(line));
  return parsed.success ? { ...parsed.data, at: Date.parse(parsed.data.time) } : undefined;
}
