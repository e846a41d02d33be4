/** What a producer is told to send. */
export interface SendOrder {
  readonly task: string;
  readonly tasks: number;
  /** Bytes of an argument; 0: none, unless the task takes the moment of its sending. */
  readonly bytes: number;
  /** Message groups that the tasks are dealt to in turn; 0: none. */
  readonly groups: number;
  /** Callers at once, each of which waits for its send. Celery's producer has one. */
  readonly callers: number;
}

/** What that took. */
export interface SendCost {
  /** User and system time of all its threads, in milliseconds. */
  readonly cpuMs: number;
  readonly seconds: number;
}
