import type { SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';

type Stack = SQSClient['middlewareStack'];

/**
 * Takes the steps out of a client of our own that cost without doing anything for it. A step this version of the SDK does not have
 * by that name stays.
 */
export function makeLean(client: SQSClient, config: SQSClientConfig, env: NodeJS.ProcessEnv): void {
  const { middlewareStack: stack } = client;
  if (!retriesWanted(config)) passOver(stack, 'retryMiddleware');
  // Without a logger it prepares lines that nobody sees.
  if (config.logger === undefined) stack.remove('loggerMiddleware');
  // It passes on the trace of an invocation, and there is none elsewhere.
  if (env['AWS_LAMBDA_FUNCTION_NAME'] === undefined) stack.remove('recursionDetectionMiddleware');
  if (config.signer === undefined) keepSigners(client);
}

/** With one attempt there is nothing to be retried, and every loop has its own back-off. */
function retriesWanted({ maxAttempts, retryMode, retryStrategy }: SQSClientConfig): boolean {
  return maxAttempts !== undefined || retryMode !== undefined || retryStrategy !== undefined;
}

/** The step of signing is placed after that of retries: its name has to stay. */
function passOver(stack: Stack, name: string): void {
  if (!stack.remove(name)) return;
  stack.add((next) => next, { name, step: 'finalizeRequest', priority: 'high' });
}

/**
 * The SDK makes a signer for every request, of a copy of its configuration. One for each region and name will do: it is given the
 * date with every request, and asks for the credentials each time.
 */
function keepSigners({ config }: SQSClient): void {
  type Signer = Awaited<ReturnType<typeof config.signer>>;
  const make = config.signer;
  const signers = new Map<string, Signer>();
  config.signer = async (scheme) => {
    const key = `${scheme?.signingRegion ?? ''} ${scheme?.signingName ?? ''}`;
    const signer = signers.get(key) ?? (await make(scheme));
    signers.set(key, signer);
    return signer;
  };
}
