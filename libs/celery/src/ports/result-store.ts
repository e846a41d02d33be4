import type { ChordStore } from './chord-store.js';
import type { GroupStore } from './group-store.js';

/** An error as Celery's backends keep it. */
export interface ExceptionInfo {
  /** Class name, `ValueError`. */
  readonly excType: string;
  /** The arguments of its constructor. */
  readonly excMessage: readonly unknown[];
  /** Python module of the class, `builtins`. */
  readonly excModule: string;
}

/** A result of Celery's as a tuple: `[[id, parent], null]` for a task, `[[id, parent], [tuples]]` for a group. */
export type ResultTuple = readonly [readonly [id: string, parent: ResultTuple | null], readonly ResultTuple[] | null];

/** What is known of one task: the record of Celery's result backends (`_get_result_meta`). */
export interface TaskMeta {
  readonly taskId: string;
  /** One of Celery's states, or a custom one. */
  readonly status: string;
  /** The value; for RETRY, FAILURE and REVOKED an {@link ExceptionInfo} or null. */
  readonly result: unknown;
  /** Text of the stack of RETRY and FAILURE. */
  readonly traceback: string | null;
  /** Tasks that this one sent. Null: not known. */
  readonly children: readonly ResultTuple[] | null;
  /** When it ended, ISO 8601; null where it has not. */
  readonly dateDone: string | null;
  readonly groupId?: string;
  readonly parentId?: string;
  /** What Celery's `result_extended` adds. */
  readonly extended?: ExtendedMeta;
}

/** The part of a record that `result_extended` adds. */
export interface ExtendedMeta {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly worker: string;
  readonly retries: number;
  readonly queue: string;
  readonly stampedHeaders?: readonly string[];
  readonly stamps?: Readonly<Record<string, unknown>>;
}

/** What {@link ResultStore.subscribe} gives. */
export interface ResultSubscription {
  /** The listener is not called any more; harmless when repeated. */
  readonly end: () => void;
}

/** A result backend of Celery's. */
export interface ResultStore {
  /** Counts the parts of chords. Absent: it cannot, and a worker leaves chords to others. */
  readonly chords?: ChordStore;
  /** Keeps groups. Absent: it cannot. */
  readonly groups?: GroupStore;
  /** Stores a state of a task; a stored SUCCESS is never overwritten. */
  store(meta: TaskMeta): Promise<void>;
  /** The last state stored, or undefined: PENDING. */
  get(taskId: string): Promise<TaskMeta | undefined>;
  /** Removes what is stored. */
  forget(taskId: string): Promise<void>;
  /**
   * Calls `listener` when a state of the task may have been stored: a hint to ask with {@link get}, which may also come for
   * nothing. Resolves once nothing that is stored from then on is missed; undefined: not possible here, ask every now and then.
   * Absent: likewise.
   */
  subscribe?(taskId: string, listener: () => void): Promise<ResultSubscription | undefined>;
  /** Ends connections that were made for the store. */
  close(): Promise<void>;
}
