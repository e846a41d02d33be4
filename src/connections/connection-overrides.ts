import type { MessageSender } from '#celery';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { SqsConnection } from '../sqs-connection.js';

/** What the testing kit puts in the place of parts of every connection. */
export interface ConnectionOverrides {
  /** @param options checked, with what features add and all defaults */
  options(options: ResolvedOptions, connection: SqsConnection): Promise<ResolvedOptions>;
  /** @param sender what puts the messages of tasks on the connection's queues */
  sender(sender: MessageSender, connection: SqsConnection): MessageSender;
}

/** An application as it is. */
export const NO_OVERRIDES: ConnectionOverrides = {
  options: (options) => Promise.resolve(options),
  sender: (sender) => sender,
};

/** The token of the {@link ConnectionOverrides}. */
export const CONNECTION_OVERRIDES = Symbol('SQS_CELERY_CONNECTION_OVERRIDES');
