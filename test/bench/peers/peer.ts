/** One system that hands out jobs, durably: each is claimed by one claimer, and finished. */
export interface Peer {
  readonly name: string;
  /** The process whose tree is the engine: what it uses is stated apart from what its client does in this process. */
  readonly enginePid: number;
  /** Enqueues so many jobs. Not timed. */
  fill(jobs: number): Promise<void>;
  /** Claims and finishes all of them by so many claimers at once; answers when the last one is finished for good. */
  drain(jobs: number, claimers: number): Promise<Drained>;
  close(): Promise<void>;
}

export interface Drained {
  readonly ms: number;
  /** Of the engine and of this process, while it lasted. */
  readonly engineCpuMs: number;
  readonly clientCpuMs: number;
}
