import type { SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';

import type { Clock } from '#celery/ports';

import type { TransportEvents } from '../events.js';
import type { QueueOptions } from '../options.js';
import { queueLocation } from '../queue/queue-url.js';
import { abortable } from './abortable-client.js';
import { collectStream } from './collect-stream.js';
import { clientWithPatience } from './credentials.js';
import { oneShotHashes } from './hashes.js';
import { makeLean } from './lean-stack.js';
import { SqsApi } from './sqs-api.js';

/** An API and where its client came from. */
export interface PooledApi {
  readonly api: SqsApi;
  readonly client: SQSClient;
  /** Made here: closed with the pool, and its values may cross to the lease thread. */
  readonly own: boolean;
  /** The user's configuration holds a request handler, which cannot cross to the lease thread. */
  readonly customHandler: boolean;
}

interface ClientPoolOptions {
  readonly client?: SQSClient | undefined;
  readonly clientConfig?: SQSClientConfig | undefined;
  readonly clock: Clock;
  readonly events: TransportEvents;
  readonly env?: NodeJS.ProcessEnv;
}

/** One client for each region, endpoint and configuration in use. */
export class ClientPool {
  readonly #own = new Map<SQSClientConfig | undefined, Map<string, PooledApi>>();
  readonly #given = new Map<SQSClient, PooledApi>();

  constructor(private readonly options: ClientPoolOptions) {}

  /** The API for a queue: its own client or configuration first, then the transport's, then the SDK's defaults. */
  forQueue(queue: QueueOptions): PooledApi {
    const given = queue.client ?? this.options.client;
    if (given && isClient(given)) return this.#givenApi(given);
    return this.#ownApi(given ?? this.options.clientConfig, queue);
  }

  /** Closes the clients made here; given ones stay open. */
  destroy(): void {
    for (const byPlace of this.#own.values()) for (const { client } of byPlace.values()) client.destroy();
    this.#own.clear();
  }

  #givenApi(client: SQSClient): PooledApi {
    const known = this.#given.get(client);
    if (known) return known;
    const api = new SqsApi({ client, clock: this.options.clock, events: this.options.events });
    const pooled = { api, client, own: false, customHandler: true };
    this.#given.set(client, pooled);
    return pooled;
  }

  #ownApi(config: SQSClientConfig | undefined, queue: QueueOptions): PooledApi {
    const place = this.#place(config, queue);
    const key = `${place.region ?? ''} ${place.endpoint ?? ''}`;
    const byPlace = this.#own.get(config) ?? new Map<string, PooledApi>();
    this.#own.set(config, byPlace);
    const pooled = byPlace.get(key) ?? this.#make({ ...config, ...place });
    byPlace.set(key, pooled);
    return pooled;
  }

  /**
   * A configured endpoint wins over the host of a queue's URL: the URL an emulator or a proxy returns often names a host that
   * cannot be reached from here. Without one, a URL that is not AWS's usual one (VPC endpoint, emulator) says where to go.
   */
  #place(config: SQSClientConfig | undefined, queue: QueueOptions): { region?: string; endpoint?: string } {
    const env = this.options.env ?? process.env;
    const overridden = Boolean(config?.endpoint ?? env['AWS_ENDPOINT_URL_SQS'] ?? env['AWS_ENDPOINT_URL']);
    const location = queue.url === undefined ? {} : queueLocation(queue.url);
    const region = queue.region ?? location.region;
    return {
      ...(region === undefined ? {} : { region }),
      ...(overridden || location.endpoint === undefined ? {} : { endpoint: location.endpoint }),
    };
  }

  #make(config: SQSClientConfig): PooledApi {
    const { clock, events, env = process.env } = this.options;
    const client = clientWithPatience({ ...ownClientDefaults(config), ...config }, clock);
    makeLean(client, config, env);
    const customHandler = config.requestHandler !== undefined;
    const api = new SqsApi({ ...abortable(client, { customHandler }), clock, events });
    return { api, client, own: true, customHandler };
  }
}

/**
 * One attempt, as every loop has its own back-off and SQS must see no more than one request a second in a storm. No bound on
 * sockets, as polls would take them from sends. The URL never chooses the endpoint: {@link ClientPool} has.
 */
function ownClientDefaults({ requestHandler }: SQSClientConfig): SQSClientConfig {
  const agent = { keepAlive: true, maxSockets: Infinity };
  return {
    ...oneShotHashes(),
    // The bodies of another handler may not be streams of Node.
    ...(requestHandler === undefined ? { streamCollector: collectStream } : {}),
    maxAttempts: 1,
    useQueueUrlAsEndpoint: false,
    requestHandler: { httpAgent: agent, httpsAgent: agent, connectionTimeout: 5000 },
  };
}

/** A client from another copy of the SDK is one too. */
function isClient(value: SQSClient | SQSClientConfig): value is SQSClient {
  return 'send' in value && typeof value.send === 'function';
}
