/** What a queue's URL says about where its requests go. */
export interface QueueLocation {
  readonly region?: string;
  /** Set where the SDK would not come to this host by the region alone. */
  readonly endpoint?: string;
}

const usualHost = /^sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;
const legacyHost = /^([a-z0-9-]+)\.queue\.amazonaws\.com(\.cn)?$/;
const regionInHost = /(?:^|\.)sqs(?:-fips)?\.([a-z]{2}[a-z0-9-]*-\d)\./;

/** Reads region and endpoint out of a queue's URL. Throws TypeError for what is no URL. */
export function queueLocation(queueUrl: string): QueueLocation {
  const url = new URL(queueUrl);
  const usual = usualHost.exec(url.hostname) ?? legacyHost.exec(url.hostname);
  if (usual?.[1] && url.protocol === 'https:' && url.port === '') return { region: usual[1] };
  if (url.hostname === 'queue.amazonaws.com') return { region: 'us-east-1' };
  const region = regionInHost.exec(url.hostname)?.[1];
  return { ...(region === undefined ? {} : { region }), endpoint: url.origin };
}

/** Whether an ARN may name the queue of a URL: name, and account and region where the URL tells them. */
export function isQueueOfArn(arn: string, queueUrl: string): boolean {
  const [, , service, region, account, name] = arn.split(':');
  const [urlName, urlAccount = ''] = new URL(queueUrl).pathname.split('/').toReversed();
  const { region: urlRegion = region } = queueLocation(queueUrl);
  const sameAccount = !/^\d{12}$/.test(urlAccount) || urlAccount === account;
  return service === 'sqs' && urlName === name && sameAccount && urlRegion === region;
}

/**
 * The URL of the queue an ARN names (`arn:aws:sqs:region:account:name`), written as `siblingUrl` is: dead-letter queues live
 * in the account and region of their source, and asking for the URL would need one more permission.
 */
export function queueUrlOfArn(arn: string, siblingUrl: string): string {
  const [, , service, , account, name] = arn.split(':');
  if (service !== 'sqs' || !account || !name) throw new TypeError(`"${arn}" is not the ARN of an SQS queue.`);
  const url = new URL(siblingUrl);
  const segments = url.pathname.split('/');
  segments[segments.length - 1] = name;
  const owner = segments.length - 2;
  if (/^\d{12}$/.test(segments[owner] ?? '')) segments[owner] = account;
  url.pathname = segments.join('/');
  return url.toString();
}
