import type { QueueOptions } from '../options/queue-options.js';

/** What a feature module needs of a connection: `SqsCeleryModule.forFeature`. */
export interface SqsCeleryFeature {
  /** Queues that are added to those of `forRoot`, in the same form. */
  readonly queues: readonly (string | QueueOptions)[];
  /** The `name` of the connection they belong to. Default: the default connection. */
  readonly connection?: string;
}

/** The token of what one `forFeature` declares. */
export const FEATURE = Symbol('sqs-celery:feature');
