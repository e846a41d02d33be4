import type { ChannelListener, OpenedClient } from './open-client.js';
import type { RedisClient } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';

/** A connection that hears what is published, which can do nothing else. It connects anew by itself. */
export interface Subscriber {
  readonly isReady: boolean;
  /** Begins to connect. */
  connect(): void;
  /** Resolves once the server tells what is published from then on; harmless when repeated. */
  subscribe(channels: readonly string[]): Promise<unknown>;
  unsubscribe(channels: readonly string[]): Promise<unknown>;
  /** Ends it at once. */
  end(): void;
}

/** What a {@link Subscriber} tells. */
export interface SubscriberEvents {
  readonly message: (channel: string) => void;
  /** It is connected, or connected again: what was published in between is lost. */
  readonly ready: () => void;
  readonly error: (error: unknown) => void;
}

/** Makes a subscriber that is not connected yet. */
export type OpenSubscriber = (events: SubscriberEvents) => Promise<Subscriber>;

/** How to open one beside a client; undefined where the client does not say how to make another like it. */
export function subscriberBeside(redis: RedisClient): OpenSubscriber | undefined {
  if (redis instanceof RedisConnection) {
    return async (events) => ofNodeRedis(await redis.openSeparately(), events);
  }
  if (!hasMethods(redis, ['duplicate'])) return undefined;
  if ('call' in redis) {
    // What it hears is subscribed to by whoever hears it; a queue of its own would do so late.
    return async (events) => ofIoRedis(redis.duplicate({ lazyConnect: true, autoResubscribe: false }), events);
  }
  return async (events) => ofNodeRedis(redis.duplicate(), events);
}

type Method = (...args: unknown[]) => unknown;

function hasMethods<Name extends string>(value: unknown, names: readonly Name[]): value is Record<Name, Method> {
  return names.every((name) => typeof Reflect.get(Object(value), name) === 'function');
}

function ofNodeRedis(client: unknown, events: SubscriberEvents): Subscriber {
  if (!isNodeRedis(client)) throw new TypeError("what duplicate() gave is no client of the package 'redis'");
  client.on('error', events.error);
  client.on('ready', events.ready);
  const heard: ChannelListener = (_message, channel) => events.message(channel);
  return {
    get isReady() {
      return client.isReady;
    },
    connect: () => void client.connect().catch(events.error),
    subscribe: (channels) => client.subscribe([...channels], heard),
    // Without the listener, the client would not see that a channel it is about to leave must be subscribed to anew.
    unsubscribe: (channels) => client.unsubscribe([...channels], heard),
    end: () => {
      if (client.isOpen) client.destroy();
    },
  };
}

function isNodeRedis(client: unknown): client is OpenedClient {
  return hasMethods(client, ['connect', 'subscribe', 'unsubscribe', 'on', 'destroy']);
}

/** As much of a client of the package `ioredis` as is used. */
interface IoRedisSubscriber {
  readonly status: string;
  connect(): Promise<unknown>;
  disconnect(): void;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  on(event: 'message', listener: (channel: string) => void): unknown;
  on(event: 'ready', listener: () => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

function ofIoRedis(client: unknown, events: SubscriberEvents): Subscriber {
  if (!isIoRedis(client)) throw new TypeError("what duplicate() gave is no client of the package 'ioredis'");
  client.on('error', events.error);
  client.on('ready', events.ready);
  client.on('message', events.message);
  return {
    get isReady() {
      return client.status === 'ready';
    },
    connect: () => {
      // One of a cluster has begun by itself.
      if (client.status === 'wait') client.connect().catch(events.error);
    },
    subscribe: (channels) => client.subscribe(...channels),
    unsubscribe: (channels) => client.unsubscribe(...channels),
    end: () => client.disconnect(),
  };
}

function isIoRedis(client: unknown): client is IoRedisSubscriber {
  return hasMethods(client, ['connect', 'subscribe', 'unsubscribe', 'on', 'disconnect']);
}
