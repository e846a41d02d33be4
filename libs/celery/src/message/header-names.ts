/** Headers of the protocol itself: every other one is custom. */
export const PROTOCOL_HEADERS: ReadonlySet<string> = new Set([
  'lang',
  'task',
  'id',
  'shadow',
  'eta',
  'expires',
  'group',
  'group_index',
  'retries',
  'timelimit',
  'root_id',
  'parent_id',
  'argsrepr',
  'kwargsrepr',
  'origin',
  'ignore_result',
  'replaced_task_nesting',
  'stamped_headers',
  'stamps',
  'compression',
]);

/**
 * Attributes of Celery's request (`celery.app.task.Context`) that are no headers of the protocol. A custom header of such a name
 * is not carried over a retry by Python, nor by us.
 */
export const REQUEST_ATTRIBUTES: ReadonlySet<string> = new Set([
  '_children',
  '_filter_x_death_headers',
  '_get_custom_headers',
  '_protected',
  'args',
  'as_execution_options',
  'called_directly',
  'callbacks',
  'chain',
  'children',
  'chord',
  'clear',
  'correlation_id',
  'delivery_info',
  'errbacks',
  'get',
  'headers',
  'hostname',
  'is_eager',
  'kwargs',
  'logfile',
  'loglevel',
  'properties',
  'reply_to',
  'soft_time_limit',
  'taskset',
  'time_limit',
  'update',
  'utc',
]);

/** Whether Python carries a custom header of this name over a retry. */
export function survivesRetry(name: string): boolean {
  return !PROTOCOL_HEADERS.has(name) && !REQUEST_ATTRIBUTES.has(name);
}

/**
 * Whether a custom header of this name leaves Python's request whole: Celery writes all headers over the attributes and methods
 * of the request, so that one named `get` ends the worker. `headers` is where Sentry and Datadog keep their copies.
 */
export function isSendable(name: string): boolean {
  return name === 'headers' || survivesRetry(name);
}

/** Properties of the envelope itself: every other one is a publish option of the caller. */
export const ENVELOPE_PROPERTIES: ReadonlySet<string> = new Set([
  'correlation_id',
  'reply_to',
  'delivery_mode',
  'delivery_info',
  'priority',
  'body_encoding',
  'delivery_tag',
  'expiration',
]);
