import { isMainThread, workerData, type MessagePort } from 'node:worker_threads';
import type { LogLevel } from '@nestjs/common';

/** What a thread of the pool is started with. */
export interface ThreadData {
  /** URL of the file that exports the application's module, and its name there. */
  readonly module: string;
  readonly export: string;
  /** What the application writes to its log. */
  readonly logLevels: readonly LogLevel[];
  /** Name of the `BroadcastChannel` on which the pool says that it closes. */
  readonly channel: string;
}

const KEY = 'nestjs-sqs-celery';

/** The `workerData` of a thread of the pool. */
export function workerDataOf(data: ThreadData): Readonly<Record<string, ThreadData>> {
  return { [KEY]: data };
}

/** Undefined in every other thread than one of the pool: there the application polls, and has a pool of its own. */
export function threadData(): ThreadData | undefined {
  return isMainThread ? undefined : (Object(workerData) as Partial<Record<string, ThreadData>>)[KEY];
}

/** To a thread: whether it has these tasks. */
export interface ProbeMessage {
  readonly kind: 'probe';
  readonly connection: string;
  readonly tasks: readonly string[];
}

/** To a thread: a run of a task. */
export interface RunMessage {
  readonly kind: 'run';
  readonly connection: string;
  /** The run's {@link CallText}. */
  readonly call: CallText;
  /** What is said meanwhile, in both directions. */
  readonly port: MessagePort;
}

/** A task's message in Celery's JSON, as structured clones would lose `Decimal`, `DateTime` and the like. */
export interface CallText {
  /** `[args, kwargs, embed]`, as in the body of a message. */
  readonly body: string;
  /** Everything else. */
  readonly head: string;
}

/** What a thread answers to a {@link ProbeMessage}. */
export type ProbeAnswer =
  | { readonly kind: 'ready'; readonly missing: readonly string[] }
  | { readonly kind: 'notStarted'; readonly reason: string };

/** To a thread during a run. */
export type ToRun =
  | { readonly kind: 'abort'; readonly reason: AbortReason }
  | { readonly kind: 'stateStored'; readonly id: number; readonly error?: ErrorText };

/** From a thread during a run: that it begins, and `TaskRequest.updateState`, whose `meta` is JSON. */
export type FromRun =
  | { readonly kind: 'begun' }
  | { readonly kind: 'updateState'; readonly id: number; readonly state: string; readonly meta: string };

/** As much of an error as crosses where nobody asks for its class. */
export interface ErrorText {
  readonly name: string;
  readonly message: string;
  /** Of an `SqsCeleryError`. */
  readonly code?: string;
}

/** Why a run is to end. */
export type AbortReason =
  | { readonly kind: 'softTimeLimit'; readonly seconds: number }
  | { readonly kind: 'leaseLost'; readonly queue: string; readonly messageId: string; readonly reason: string }
  | { readonly kind: 'other'; readonly error: ErrorText };

/** On the channel of all threads: to them, and from each. */
export type ChannelMessage = { readonly kind: 'close' } | { readonly kind: 'closed' };
