import { systemClock } from '#celery';
import { Deadline } from '../deadline.js';
import { BackendError } from '../errors.js';
import { commandFailure } from './failure.js';
import { senderOf, type RedisClient, type SendCommand } from './redis-client.js';
import { RedisConnection, type RedisConnectionOptions } from './redis-connection.js';
import { subscriberBeside, type OpenSubscriber } from './redis-subscriber.js';

/** How a store reaches Redis. */
export interface RedisLink {
  readonly send: SendCommand;
  /** Makes a connection that hears what is published; undefined where the client that was given cannot be copied. */
  readonly openSubscriber: OpenSubscriber | undefined;
  /** Ends the connection if it was made for this link. */
  close(): Promise<void>;
}

/** A connection of its own for a URL; a client that is given stays the caller's. */
export function linkTo(redis: string | RedisClient, options: RedisConnectionOptions = {}): RedisLink {
  if (typeof redis !== 'string') {
    return { send: guarded(redis, options), openSubscriber: subscriberBeside(redis), close: async () => {} };
  }
  const connection = new RedisConnection(redis, options);
  return {
    send: (args) => connection.sendCommand(args),
    openSubscriber: subscriberBeside(connection),
    close: () => connection.close(),
  };
}

/** The same errors and the same patience for any client. */
function guarded(
  client: RedisClient,
  { commandTimeoutMs = 5_000, clock = systemClock }: RedisConnectionOptions,
): SendCommand {
  const send = senderOf(client);
  if (client instanceof RedisConnection) return send;
  return async (args) => {
    const late = () => new BackendError(`Redis: no answer to ${args[0]} within ${commandTimeoutMs} ms`);
    const limit = new Deadline(clock, commandTimeoutMs, late);
    try {
      return await limit.before(send(args));
    } catch (error) {
      throw commandFailure('Redis', args[0], error);
    } finally {
      limit.cancel();
    }
  };
}
