import type { SQSClientConfig } from '@aws-sdk/client-sqs';

/** The broker URL as Celery shows it, `sqs://AKID:**@host:port//`: the host of a queue, and never a secret. */
export function maskedTransportUrl(clientConfig: SQSClientConfig | undefined, queueUrl: string | undefined): string {
  const credentials: unknown = clientConfig?.credentials;
  const user = hasAccessKeyId(credentials) ? `${credentials.accessKeyId}:**@` : '';
  return `sqs://${user}${queueUrl === undefined ? '' : new URL(queueUrl).host}//`;
}

/** Whether credentials are there as values; a provider is asked by the SDK alone. */
function hasAccessKeyId(credentials: unknown): credentials is { accessKeyId: string } {
  return typeof credentials === 'object' && credentials !== null && 'accessKeyId' in credentials;
}
