import { LocalSqs } from 'nestjs-sqs-celery/testing';

/** Where the two applications find SQS. */
export interface Endpoint {
  readonly description: string;
  /** What their environment needs on top of ours. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const AWS_VARIABLES = [
  'AWS_ENDPOINT_URL_SQS',
  'AWS_ENDPOINT_URL',
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/** The SQS that the environment names, else a local one in this process. */
export async function openEndpoint(env: NodeJS.ProcessEnv): Promise<Endpoint> {
  const named = AWS_VARIABLES.find((name) => env[name]);
  if (named !== undefined) {
    const description = env['AWS_ENDPOINT_URL_SQS'] ?? `what ${named} names`;
    return { description, env: {}, close: () => Promise.resolve() };
  }
  const sqs = await LocalSqs.start({ port: 0 });
  return { description: `local, ${sqs.endpoint}`, env: localEnvironment(sqs.endpoint), close: () => sqs.close() };
}

function localEnvironment(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}
