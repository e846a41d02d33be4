import type { SQSClient } from '@aws-sdk/client-sqs';

import type { KeyValues, PlaceValues } from './lease-thread-messages.js';

/** Where a client sends its requests. An endpoint from the environment or a profile is known once it has made one. */
export async function placeValues(client: SQSClient): Promise<PlaceValues> {
  const { config } = client;
  const endpoint = await config.endpoint?.();
  const port = endpoint?.port === undefined ? '' : `:${endpoint.port}`;
  return {
    region: await config.region(),
    useFipsEndpoint: await config.useFipsEndpoint(),
    useDualstackEndpoint: await config.useDualstackEndpoint(),
    ...(endpoint ? { endpoint: `${endpoint.protocol}//${endpoint.hostname}${port}${endpoint.path}` } : {}),
  };
}

/** A client's present keys; the SDK renews them when they are within five minutes of their end. */
export async function keyValues(client: SQSClient): Promise<KeyValues> {
  const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
