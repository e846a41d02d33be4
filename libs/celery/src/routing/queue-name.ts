const FIFO_SUFFIX = '.fifo';

/** ASCII punctuation that kombu replaces by `_`: all but the dot, the hyphen and the underscore itself. */
const PUNCTUATION = /[!"#$%&'()*+,/:;<=>?@[\\\]^`{|}~]/g;

/** Whether SQS treats a queue or URL of this name as FIFO: it ends with `.fifo`, in lower case. */
export function isFifoName(name: string): boolean {
  return name.endsWith(FIFO_SUFFIX);
}

/**
 * The name under which kombu looks for a queue at SQS: prefix and name mangled together, `.` to `-`, other ASCII punctuation to
 * `_`, the `.fifo` suffix kept. Spaces and non-ASCII characters stay, and SQS refuses them: see {@link sqsNameProblem}.
 *
 * @param name Celery's name of the queue
 * @param prefix `queue_name_prefix`
 */
export function canonicalQueueName(name: string, prefix = ''): string {
  const full = prefix + name;
  const suffix = isFifoName(full) ? FIFO_SUFFIX : '';
  const stem = full.slice(0, full.length - suffix.length);
  return stem.replaceAll('.', '-').replace(PUNCTUATION, '_') + suffix;
}

/** What SQS would say of a queue name; undefined for a good one. */
export function sqsNameProblem(sqsName: string): string | undefined {
  const stem = isFifoName(sqsName) ? sqsName.slice(0, -FIFO_SUFFIX.length) : sqsName;
  if (sqsName.length <= 80 && /^[\w-]+$/.test(stem)) return undefined;
  return `SQS allows 1 to 80 letters, digits, hyphens and underscores in the name of a queue; '${sqsName}' is not one`;
}
