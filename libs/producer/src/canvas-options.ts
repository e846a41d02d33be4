import { InvalidTaskError, wireOptions, type PartialCall, type SignatureOptions } from '#celery';

/** Options of sending a signature: Celery's `signature.apply_async`. They win over those that it holds. Times are in seconds. */
export interface CanvasOptions extends SignatureOptions {
  /** Positional arguments that go before those of its first task, or tasks, unless that is immutable. */
  readonly args?: readonly unknown[];
  /** Keyword arguments of its first task, or tasks. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Id of the workflow's first task. Default: that of the task that sends, or the task's own id. */
  readonly rootId?: string;
  /** Id of the task that sends. Default: the task in whose handler `send` is called. */
  readonly parentId?: string;
}

/**
 * Options as the plan takes them.
 * @throws InvalidTaskError for one that is none
 */
export function partialCall(name: string, canvasOptions: CanvasOptions): Required<PartialCall> {
  const { args = [], kwargs = {}, rootId, parentId, ...options } = canvasOptions;
  if (!Array.isArray(args)) throw new InvalidTaskError(`Sending ${name}: args must be an array`);
  const ids = {
    ...(rootId !== undefined && { root_id: rootId }),
    ...(parentId !== undefined && { parent_id: parentId }),
  };
  return { args, kwargs, options: { ...wireOptions(name, options), ...ids } };
}
