/** Requests of a worker in an hour without messages, whatever the queue. */
export interface IdleHour {
  readonly idle: number;
  /** In an hour after a burst; of a worker with one queue only. */
  readonly afterBurst?: number;
}
