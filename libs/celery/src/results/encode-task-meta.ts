import { EncodeError } from '../errors/serialization-errors.js';
import type { ExtendedMeta, ResultTuple, TaskMeta } from '../ports/result-store.js';
import { encodeJson, type JsonTypes } from '../serialization/index.js';
import { EXCEPTION_STATES, isExceptionInfo, writeException } from './exception-record.js';

type StoredRecord = Readonly<Record<string, unknown>>;

/**
 * The record of a task as Celery's backends store it (`_get_result_meta`), keys in Celery's order.
 *
 * @throws EncodeError when the result has no JSON form, or is no exception in a state that needs one
 */
export function encodeTaskMeta(meta: TaskMeta, types?: JsonTypes): string {
  const core = {
    status: meta.status,
    result: writeResult(meta, types),
    traceback: meta.traceback,
    children: meta.children,
    date_done: meta.dateDone,
    group_id: meta.groupId,
    parent_id: meta.parentId,
  };
  return encodeJson({ ...core, ...extendedRecord(meta.extended, core), task_id: meta.taskId }, types);
}

/** A saved group as Celery's backends store it (`GroupResult.save`). */
export function encodeGroupMeta(result: ResultTuple): string {
  return encodeJson({ result });
}

function writeResult({ status, result, taskId }: TaskMeta, types?: JsonTypes): unknown {
  if (!EXCEPTION_STATES.has(status)) return result ?? null;
  if (result === null || result === undefined) return null;
  if (isExceptionInfo(result)) return writeException(result, types);
  // Python would fail at reading it, and at storing any later state of this task as well.
  throw new EncodeError(`the result of task ${taskId} in state ${status} must be an ExceptionInfo or null`, '$.result');
}

function extendedRecord(extended: ExtendedMeta | undefined, core: StoredRecord): StoredRecord {
  if (!extended) return {};
  const { name, args, kwargs, worker, retries, queue, stampedHeaders } = extended;
  const record = { name, args, kwargs, worker, retries, queue, stamped_headers: stampedHeaders };
  return { ...record, ...stampsOf(extended, { ...core, ...record, task_id: undefined }) };
}

/** Stamps stand flat among the rest. One that is called like another key is left out: it would make the record unreadable. */
function stampsOf({ stampedHeaders = [], stamps = {} }: ExtendedMeta, reserved: StoredRecord): StoredRecord {
  const named = Object.entries(stamps).filter(([key]) => stampedHeaders.includes(key));
  return Object.fromEntries(named.filter(([key]) => !Object.hasOwn(reserved, key)));
}
