import { LocalSqs } from 'nestjs-sqs-celery/testing';

/** Where the two applications find SQS. */
export interface Endpoint {
  readonly description: string;
  /** What their environment needs on top of ours. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const ENDPOINTS = ['AWS_ENDPOINT_URL_SQS', 'AWS_ENDPOINT_URL'];
const IDENTITIES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];
const AWS_VARIABLES = [...ENDPOINTS, ...IDENTITIES];

const LOCAL_REGION = { AWS_REGION: 'us-east-1' };
const LOCAL_KEYS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** The SQS that the environment names, else a local one in this process. */
export async function openEndpoint(env: NodeJS.ProcessEnv): Promise<Endpoint> {
  const named = AWS_VARIABLES.find((name) => env[name]);
  if (named !== undefined) {
    return { description: described(env, named), env: namedEnvironment(env), close: () => Promise.resolve() };
  }
  const sqs = await LocalSqs.start({ port: 0 });
  return { description: `local, ${sqs.endpoint}`, env: localEnvironment(sqs.endpoint), close: () => sqs.close() };
}

/** Without the user name and password that a URL may hold. */
function described(env: NodeJS.ProcessEnv, named: string): string {
  const url = env['AWS_ENDPOINT_URL_SQS'];
  return url && URL.canParse(url) ? new URL(url).origin : `what ${named} names`;
}

/** An endpoint of one's own needs a region and credentials as any other, and takes whatever they are; AWS's does not. */
function namedEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const url = ENDPOINTS.map((name) => env[name]).find(Boolean);
  if (!url || /\.amazonaws\.com(\.cn)?([:/]|$)/.test(url)) return {};
  const hasIdentity = IDENTITIES.some((name) => env[name]);
  return { ...(env['AWS_REGION'] || env['AWS_PROFILE'] ? {} : LOCAL_REGION), ...(hasIdentity ? {} : LOCAL_KEYS) };
}

function localEnvironment(endpoint: string): Record<string, string> {
  return { AWS_ENDPOINT_URL_SQS: endpoint, ...LOCAL_REGION, ...LOCAL_KEYS };
}
