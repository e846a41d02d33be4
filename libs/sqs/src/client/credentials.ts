import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

import { sleep, type Clock } from '#celery/ports';

import { awsFailure } from './aws-failure.js';

type CredentialSource = Exclude<NonNullable<SQSClientConfig['credentials']>, { accessKeyId: string }>;

/** A source of credentials that has not answered by then (a token endpoint behind a dead connection) is asked anew. */
const answerMs = 15_000;
/** Rejected keys are renewed at most this often, as token endpoints throttle, too. */
const renewEveryMs = 1000;
/** What AWS says of keys that have been good: their source may have others by now. */
const rejectedKeys =
  /^(ExpiredToken|TokenRefreshRequired|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|InvalidSecurity)(Exception)?$/;

/**
 * A client that does not wait for ever for its credentials. The SDK does where their source never answers, and everybody who asks
 * later waits with it; here the question is given up and asked again.
 */
export function clientWithPatience(config: SQSClientConfig, clock: Clock): SQSClient {
  const { credentials } = config;
  if (typeof credentials === 'object') return new SQSClient(config);
  // The default chain is asked through `credentials`, as the SDK then asks only when the keys end.
  const make = (): CredentialSource => credentials ?? defaultChain(client);
  const client: SQSClient = new SQSClient({ ...config, credentials: inTime(make, clock) });
  return client;
}

/** As the SDK makes it itself where no credentials are given. */
function defaultChain({ config }: SQSClient): CredentialSource {
  return config.credentialDefaultProvider({ ...config, parentClientConfig: config });
}

/** A source that was given up is made anew: it may remember its question. */
function inTime(make: () => CredentialSource, clock: Clock): CredentialSource {
  let source: CredentialSource | undefined;
  return async (properties) => {
    source ??= make();
    const answered = new AbortController();
    const late = sleep(clock, answerMs, answered.signal).then(() => {
      if (answered.signal.aborted) return undefined;
      source = undefined;
      throw sourceTimedOut();
    });
    try {
      const keys = await Promise.race([source(properties), late]);
      if (keys === undefined) throw sourceTimedOut();
      return keys;
    } finally {
      answered.abort();
    }
  };
}

function sourceTimedOut(): Error {
  const error = new Error(`The source of the AWS credentials did not answer within ${answerMs} ms.`);
  // The name the SDK's own sources fail with: it is read as "no credentials".
  error.name = 'CredentialsProviderError';
  return error;
}

/** Asks for new keys when AWS rejects those in use: the SDK keeps keys without an end, or whose end a wrong clock puts off. */
export class KeyRenewal {
  #notBefore = -Infinity;

  constructor(
    private readonly client: SQSClient,
    private readonly clock: Clock,
  ) {}

  /** To be told of every failed request. */
  after(error: unknown): void {
    const now = this.clock.monotonic();
    if (!rejectedKeys.test(awsFailure(error).code) || now < this.#notBefore) return;
    this.#notBefore = now + renewEveryMs;
    const { credentials } = this.client.config;
    // Without new keys the next request fails as this one did, and that is what is reported.
    credentials({ forceRefresh: true }).catch(() => undefined);
  }
}
