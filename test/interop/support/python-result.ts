import type { PythonValue } from './recorder.js';

/** A Python exception. */
export interface PythonError {
  /** Name of its class. */
  readonly type: string;
  readonly module: string;
  /** Names of the classes it extends, nearest first, without `object`. */
  readonly bases: readonly string[];
  readonly args: readonly PythonValue[];
  /** Its `str`. */
  readonly text: string;
}

/** How `AsyncResult.get()` ended. */
export interface PythonOutcome {
  readonly value?: PythonValue;
  readonly raised?: PythonError;
}

/** A group that was saved, and what its members came to. */
export interface PythonGroup {
  readonly values: readonly PythonValue[];
  /** Ids of the members. */
  readonly members: readonly string[];
  /** Ids of what comes before the group, nearest first. */
  readonly parents: readonly string[];
}

/** What an `AsyncResult` tells without waiting. */
export interface PythonLook {
  readonly state: string;
  readonly result: PythonValue | PythonError;
  readonly traceback: string | null;
  readonly dateDone: PythonValue | null;
  /** Ids of the tasks it has sent. */
  readonly children: readonly string[];
  readonly groupId: string | null;
  readonly parentId: string | null;
  readonly name: string | null;
  readonly args: readonly PythonValue[] | null;
  readonly kwargs: Readonly<Record<string, PythonValue>> | null;
  readonly worker: string | null;
  readonly retries: number | null;
  readonly queue: string | null;
}
