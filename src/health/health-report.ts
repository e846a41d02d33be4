import type { ConsumerMode, PollTrouble } from '#sqs';

/** `liveness`: would a restart help? `readiness`: does it do its work at present? */
export type HealthProbe = 'liveness' | 'readiness';

/** What a check came to. */
export interface HealthReport {
  /** `down` where `details.problems` has any. */
  readonly status: 'up' | 'down';
  readonly details: HealthDetails;
}

/** What a check has seen. It has a JSON form, and neither payloads nor credentials. */
export interface HealthDetails {
  /** What was asked for. */
  readonly probe: HealthProbe;
  /** Why it is `down`, one sentence each. */
  readonly problems: readonly string[];
  /** Whether the application is closing: nothing is received any more, what runs is given its time. */
  readonly draining: boolean;
  /** Milliseconds by which the event loop came late when it was last looked for, every three seconds at most; 0 without a worker. */
  readonly loopLagMs: number;
  /** By the connection's name. */
  readonly connections: Readonly<Record<string, ConnectionHealth>>;
}

/** One connection. */
export interface ConnectionHealth {
  /** Between `onModuleInit()` and `onApplicationShutdown()`. */
  readonly connected: boolean;
  /** By Celery name; empty where nothing is consumed. */
  readonly queues: Readonly<Record<string, QueueHealth>>;
  /** The task that has run longest; undefined where none runs. */
  readonly oldestTask?: RunningTaskHealth;
}

/** One consumed queue. */
export interface QueueHealth {
  readonly mode: ConsumerMode;
  /** Messages being handled. */
  readonly running: number;
  /** Messages received and not begun. */
  readonly waiting: number;
  /** Seconds since SQS last answered a poll; undefined before the first answer. Without a free slot there are no polls. */
  readonly lastPollSeconds?: number;
  /** Failed polls in a row. */
  readonly failures: number;
  /** Why it is not polled as it should be; undefined where it is, or needs not be. */
  readonly trouble?: PollTrouble;
  /** SQS's code of the last failure, or the name of the network error. */
  readonly code?: string;
}

/** A task that runs. */
export interface RunningTaskHealth {
  readonly task: string;
  readonly id: string;
  /** Since its handler was called. */
  readonly seconds: number;
}
