/** What the banner tells about an endpoint. */
export interface Served {
  readonly endpoint: string;
  readonly region: string;
  queueUrl(name: string): string;
}

/** The lines that tell a developer what is served and how to use it from Node or Python. */
export function banner(sqs: Served, queues: readonly string[]): string[] {
  return [
    `Local Amazon SQS endpoint, for development and tests: ${sqs.endpoint}`,
    ...queues.map((name) => `  queue ${name}: ${sqs.queueUrl(name)}`),
    '',
    '# The AWS SDKs, boto3 and Celery (broker_url "sqs://") find it by these lines.',
    '# Credentials are not checked, but the clients insist on some.',
    `export AWS_ENDPOINT_URL_SQS=${sqs.endpoint}`,
    `export AWS_REGION=${sqs.region} AWS_DEFAULT_REGION=${sqs.region}`,
    'export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local',
    '',
    'Everything is kept in memory. Ctrl-C ends it.',
  ];
}
