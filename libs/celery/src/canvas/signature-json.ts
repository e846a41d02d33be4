/** What a signature stands for; null for a plain task. */
export type SubtaskType = 'chain' | 'group' | 'chord' | 'xmap' | 'xstarmap' | 'chunks' | (string & {});

/**
 * A task call as Celery carries it in messages (`callbacks`, `errbacks`, `chain`, `chord`): JSON with Celery's own key names.
 * All keys are always written, as a Python worker loses a chain whose element lacks one of them.
 */
export interface SignatureJson {
  /** Registered name of the task. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Options of `apply_async` under Celery's own names: `task_id`, `queue`, `countdown`, `link`, … */
  readonly options: Readonly<Record<string, unknown>>;
  readonly subtask_type: SubtaskType | null;
  /** true: the results of earlier tasks are not prepended to `args`. */
  readonly immutable: boolean;
}

/** Whether `value` is an object of names and values: no array, no date, no other value with a class of its own. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Reads a signature out of a message. Tolerates what Python tolerates: keys that are absent or null (but `task`), keys of older
 * versions (`chord_size`).
 *
 * @returns the signature, or undefined where `value` is none
 */
export function readSignature(value: unknown): SignatureJson | undefined {
  if (!isRecord(value)) return undefined;
  const { task, args, kwargs, options } = value;
  if (typeof task !== 'string' || task === '') return undefined;
  const calls = { args: args ?? [], kwargs: kwargs ?? {}, options: options ?? {} };
  return isCall(calls) ? { ...value, task, ...calls, ...readKind(value) } : undefined;
}

type Call = Pick<SignatureJson, 'args' | 'kwargs' | 'options'>;

function isCall(value: Record<keyof Call, unknown>): value is Call {
  return Array.isArray(value.args) && isRecord(value.kwargs) && isRecord(value.options);
}

function readKind({
  subtask_type,
  immutable,
}: Record<string, unknown>): Pick<SignatureJson, 'subtask_type' | 'immutable'> {
  return { subtask_type: typeof subtask_type === 'string' ? subtask_type : null, immutable: immutable === true };
}
