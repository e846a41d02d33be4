import type { SQSClientConfig } from '@aws-sdk/client-sqs';

/** What a broker URL of Celery's says. */
export interface BrokerUrl {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** `host` or `host:port` of an endpoint that is not AWS's. */
  readonly host?: string;
}

/** kombu's default where nothing names a region; endpoints other than AWS's rarely care. */
const DEFAULT_REGION = 'us-east-1';

// WHATWG's URL refuses credentials without a host, which is Celery's usual form.
const PATTERN = /^sqs:\/\/(?:(?<key>[^:@/]*)(?::(?<secret>[^:@/]*))?@)?(?<host>[^:@/]+(?::\d+)?)?(?:\/[^@]*)?$/;

/** Reads Celery's `broker_url`; undefined where it is none for SQS. Both or neither of key and secret must be there. */
export function parseBrokerUrl(text: string): BrokerUrl | undefined {
  const { key, secret, host } = PATTERN.exec(text)?.groups ?? {};
  if (!PATTERN.test(text) || Boolean(key) !== Boolean(secret)) return undefined;
  const accessKeyId = unquote(key);
  const secretAccessKey = unquote(secret);
  return {
    ...(accessKeyId && { accessKeyId }),
    ...(secretAccessKey && { secretAccessKey }),
    ...(host && { host }),
  };
}

/** The client configuration that a broker URL stands for; like kombu, an endpoint of one's own is spoken to in plain HTTP. */
export function brokerClientConfig({ accessKeyId, secretAccessKey, host }: BrokerUrl): SQSClientConfig {
  return {
    ...(host && { endpoint: `http://${host}`, region: process.env['AWS_REGION'] ?? DEFAULT_REGION }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
  };
}

function unquote(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % is not URL-quoting: it is taken as it stands, as Python does.
    return text;
  }
}
