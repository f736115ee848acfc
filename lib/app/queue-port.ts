import type { Platform } from '../domain/build.ts';

/** The hint that a build waits. The facts in it never change while the build lives; its state is only in the table. */
export interface Hint {
  readonly buildId: string;
  readonly attempt: number;
  readonly platform: Platform;
  readonly submittedAt: number;
  readonly sourceSize: number;
  readonly sourceSha256: string;
  /** Absent: none. */
  readonly hasCerts?: boolean | undefined;
  /** Of a build with priority. */
  readonly rank?: number | undefined;
}

export interface Message {
  readonly id: string;
  readonly receipt: string;
  readonly platform: Platform;
  /** Absent when the body could not be read. */
  readonly hint?: Hint;
  readonly receives: number;
  readonly sentAt: number;
}

export interface BuildQueue {
  send(hint: Hint): Promise<void>;
  /** One message, or none; does not wait. */
  receive(platform: Platform): Promise<Message | undefined>;
  delete(message: Message): Promise<void>;
  giveBack(message: Message, seconds: number): Promise<void>;
}

/** A message that was received so often that its queue put it aside. */
export interface DeadLetter {
  readonly id: string;
  readonly receipt: string;
  /** Absent when the body could not be read. */
  readonly hint?: Hint;
  readonly receives: number;
  readonly sentAt: number;
}

export interface DeadLetters {
  /** Some of them, at most ten, hidden from everybody else for that long. None need not mean that there are none. */
  receive(hiddenSeconds: number): Promise<DeadLetter[]>;
  delete(letter: DeadLetter): Promise<void>;
  /** Visible again at once. */
  giveBack(letter: DeadLetter): Promise<void>;
}
