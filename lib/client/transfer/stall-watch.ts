export interface StallWatch {
  readonly signal: AbortSignal;
  /** Something moved: the time begins anew. */
  touch(): void;
  stop(): void;
}

/** Long transfers have no total timeout, only this one: how long nothing at all may move. */
export function watchForStall(stallMs: number, error: () => Error): StallWatch {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(error()), stallMs);
  return {
    signal: controller.signal,
    touch: () => {
      timer.refresh();
    },
    stop: () => clearTimeout(timer),
  };
}
