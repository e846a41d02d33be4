import { canonicalQueueName, checkPredefinedQueue, knownCompression, sqsNameProblem } from '#celery';
import { taskOptionProblems } from '#worker';
import { parseBrokerUrl } from './broker-url.js';
import { anObject, boolean, describe, oneOf, problemsOf, sqsClient, text, whole } from './option-rules.js';
import type { OptionRules } from './option-rules.js';
import type { QueueOptions, ReceiveOptions } from './queue-options.js';
import type { SqsCeleryOptions } from './sqs-celery-options.js';

const receiveRules: OptionRules<ReceiveOptions> = {
  concurrency: whole(1),
  prefetch: whole(0),
  waitTimeSeconds: whole(0, 20, 'seconds'),
  lease: whole(1, 43_200, 'seconds'),
  ackLingerMs: whole(0, 60_000, 'milliseconds'),
  maxBlockedMs: whole(1000, undefined, 'milliseconds'),
};

const queueRules: OptionRules<QueueOptions> = {
  ...receiveRules,
  name: text,
  url: { expectation: 'the URL of a queue (http or https)', check: isQueueUrl },
  region: text,
  client: { ...anObject, expectation: 'an SQSClient or its configuration' },
  consume: boolean,
  visibilityTimeout: whole(0, 43_200, 'seconds'),
  attributes: { ...anObject, expectation: "an object of the queue's attributes" },
  tags: anObject,
  deadLetter: {
    ...anObject,
    expectation: 'true, false or an object',
    check: (value) => typeof value === 'boolean' || anObject.check(value),
  },
};

const optionRules: OptionRules<SqsCeleryOptions> = {
  ...receiveRules,
  queues: {
    expectation: 'an array of queue names or { name, … }, at least one',
    check: (value) => Array.isArray(value) && value.length > 0,
  },
  taskDefaultQueue: text,
  queueNamePrefix: { expectation: 'a string', check: (value) => typeof value === 'string' },
  brokerUrl: {
    expectation:
      "Celery's URL of SQS, sqs:// or sqs://key:secret@ or sqs://key:secret@host:port, with key and secret URL-quoted",
    check: (value) => typeof value === 'string' && parseBrokerUrl(value) !== undefined,
    secret: true,
  },
  client: sqsClient,
  clientConfig: anObject,
  createMissingQueues: boolean,
  taskDefaults: anObject,
  worker: boolean,
  shutdownTimeoutMs: whole(0, undefined, 'milliseconds'),
  maxDeliveries: whole(1),
  unknownTask: oneOf('handBack', 'deadLetter', 'fail'),
  poison: oneOf('block', 'delete'),
  acceptContent: { expectation: 'an array of MIME types', check: isStrings },
  envelope: oneOf('base64', 'raw', 'compact'),
  compression: {
    expectation: "the name of one of Celery's compressions (gzip, zlib, brotli, zstd, lzma; bzip2 can only be read)",
    check: (value) => typeof value === 'string' && isWritable(knownCompression(value)?.contentType),
  },
  jsonTypes: { ...anObject, expectation: 'the value of jsonTypes([…])' },
  argsreprMaxsize: whole(0),
  resultreprMaxsize: whole(0),
};

/** No maintained library writes bzip2. */
function isWritable(contentType: string | undefined): boolean {
  return contentType !== undefined && contentType !== 'application/x-bz2';
}

/** Lists everything that is wrong with the options of `forRoot`; empty when they are right. */
export function optionProblems(options: SqsCeleryOptions): string[] {
  if (!anObject.check(options)) return [`options must be an object, got ${describe(options)}`];
  const queues: readonly unknown[] = Array.isArray(options.queues) ? options.queues : [];
  return [
    ...problemsOf('', options, optionRules),
    ...queues.flatMap(queueProblems),
    ...nameProblems(options, queues),
    ...taskOptionProblems({ ...options.taskDefaults }).map((problem) => `taskDefaults: ${problem}`),
    ...clientProblems(options),
  ];
}

function queueProblems(queue: unknown, index: number): string[] {
  if (typeof queue === 'string') return queue === '' ? [`queues[${index}] must be a name that is not empty`] : [];
  if (!anObject.check(queue)) return [`queues[${index}] must be a name or { name, … }, got ${describe(queue)}`];
  const { name, url } = Object(queue) as Partial<QueueOptions>;
  const missing = name === undefined ? [`queues[${index}].name is missing`] : [];
  const fit = typeof name === 'string' && typeof url === 'string' ? checkPredefinedQueue(name, url) : undefined;
  return [...missing, ...problemsOf(`queues[${index}].`, Object(queue) as object, queueRules), ...(fit ? [fit] : [])];
}

/** Names that SQS refuses, that stand twice, that become one on SQS, or that nothing defines. */
function nameProblems(options: SqsCeleryOptions, queues: readonly unknown[]): string[] {
  const names = queues.map((queue) => (typeof queue === 'string' ? queue : (Object(queue) as QueueOptions).name));
  const usable = names.filter((name) => typeof name === 'string' && name !== '');
  const prefix = typeof options.queueNamePrefix === 'string' ? options.queueNamePrefix : '';
  return [
    ...usable.flatMap((name) => sqsNameProblem(canonicalQueueName(name, prefix)) ?? []),
    ...collisions(usable, prefix),
    ...undefinedQueue('taskDefaultQueue', options.taskDefaultQueue, usable),
    ...undefinedQueue('taskDefaults.queue', options.taskDefaults?.queue, usable),
  ];
}

function collisions(names: readonly string[], prefix: string): string[] {
  return names.flatMap((name, index) => {
    const earlier = names.slice(0, index);
    if (earlier.includes(name)) return [`queues lists '${name}' twice`];
    const other = earlier.find(
      (candidate) => canonicalQueueName(candidate, prefix) === canonicalQueueName(name, prefix),
    );
    return other === undefined
      ? []
      : [`queues '${other}' and '${name}' are both '${canonicalQueueName(name, prefix)}' on SQS`];
  });
}

/** A queue that an option names must be one of `queues`. */
export function undefinedQueue(where: string, queue: unknown, names: readonly string[]): string[] {
  if (typeof queue !== 'string' || names.length === 0 || names.includes(queue)) return [];
  return [`${where} names the queue '${queue}', which is not one of queues (${names.join(', ')})`];
}

function clientProblems({ client, clientConfig, brokerUrl }: SqsCeleryOptions): string[] {
  if (client === undefined || (clientConfig === undefined && brokerUrl === undefined)) return [];
  return ['client cannot be combined with clientConfig or brokerUrl: the client already has its configuration'];
}

function isQueueUrl(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/./.test(value) && URL.canParse(value);
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
}
