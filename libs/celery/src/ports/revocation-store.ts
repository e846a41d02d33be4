/** What was said when a task was revoked. */
export interface Revocation {
  /** Whether a task that is running already is aborted as well (Celery's `terminate`). */
  readonly terminate: boolean;
}

/**
 * What is revoked, for all workers of a fleet: Celery tells its workers by broadcast, which SQS does not have, and each keeps it in
 * memory. A store remembers names and does not look into them: a name is the id of a task, or stands for all tasks with one stamp
 * (`stampMarks`).
 */
export interface RevocationStore {
  /** Revokes tasks. They are remembered for as long as the store says. */
  revoke(ids: readonly string[], revocation: Revocation): Promise<void>;
  /** Which of these ids are revoked; one request for all of them. */
  revoked(ids: readonly string[]): Promise<ReadonlyMap<string, Revocation>>;
  /** Ends connections that were made for the store. */
  close(): Promise<void>;
}
