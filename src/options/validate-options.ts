import { knownCompression, routedQueues, taskRouteProblems } from '#celery';
import { backoffProblems, taskOptionProblems } from '#worker';
import { parseBrokerUrl } from './broker-url.js';
import { declaredQueues, type DeclaredFeature, type DeclaredQueue } from './declared-queues.js';
import {
  aFunction,
  aStore,
  anObject,
  anything,
  boolean,
  describe,
  oneOf,
  problemsOf,
  sqsClient,
  text,
  whole,
} from './option-rules.js';
import type { OptionRules } from './option-rules.js';
import { receiveRules } from './receive-rules.js';
import { storeProblems } from '../stores.js';
import { threadsProblems } from '../threads/threads-options.js';
import { priorityProblems } from './priority-queues.js';
import type { SqsCeleryOptions } from './sqs-celery-options.js';
import { queueNameProblems, queueNames, queueProblems, undefinedQueue } from './validate-queues.js';

const QUEUES = 'an array of queue names or { name, … }, at least one';

const optionRules: OptionRules<SqsCeleryOptions> = {
  ...receiveRules,
  name: text,
  queues: { expectation: QUEUES, check: (value) => Array.isArray(value) },
  taskDefaultQueue: text,
  taskRoutes: anything,
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
  workerConcurrency: whole(1),
  queuePriority: oneOf('weighted', 'strict'),
  priorityQueues: { ...anObject, expectation: 'an object { queue: { priority: queue } }' },
  admission: aFunction,
  around: aFunction,
  threads: anything,
  onDeadLetter: aFunction,
  deadLetterResults: boolean,
  resultBackend: aStore('store', 'get', 'forget'),
  resultExpires: { expectation: 'seconds from 0, or null for ever', check: isExpiry },
  resultExtended: boolean,
  idempotency: aStore('claim', 'extend', 'decide', 'settle', 'release'),
  revocations: aStore('revoke', 'revoked'),
  backoffPolicy: anything,
  backoffTasks: anything,
  shutdownTimeoutMs: whole(0, undefined, 'milliseconds'),
  maxDeliveries: whole(1),
  unknownTask: oneOf('handBack', 'deadLetter', 'fail'),
  poison: oneOf('block', 'delete'),
  acceptContent: {
    expectation: "['application/json'], as nothing else can be read yet",
    check: isJsonOnly,
  },
  envelope: oneOf('base64', 'raw', 'compact'),
  compression: {
    expectation: "the name of one of Celery's compressions (gzip, zlib, brotli, zstd, lzma; bzip2 can only be read)",
    check: (value) => typeof value === 'string' && isWritable(knownCompression(value)?.contentType),
  },
  jsonTypes: { ...anObject, expectation: 'the value of jsonTypes([…])' },
  argsreprMaxsize: whole(0),
  resultreprMaxsize: whole(0),
};

function isExpiry(value: unknown): boolean {
  return value === null || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
}

/** No maintained library writes bzip2. */
function isWritable(contentType: string | undefined): boolean {
  return contentType !== undefined && contentType !== 'application/x-bz2';
}

/**
 * Lists everything that is wrong with the options of `forRoot`; empty when they are right.
 *
 * @param features what `forFeature` adds to them
 */
export function optionProblems(options: SqsCeleryOptions, features: readonly DeclaredFeature[] = []): string[] {
  if (!anObject.check(options)) return [`options must be an object, got ${describe(options)}`];
  const { all, merged, conflicts } = declaredQueues(options.queues, features);
  const names = queueNames(merged.map(({ queue }) => queue));
  return [
    ...problemsOf('', options, optionRules),
    ...features.flatMap(featureProblems),
    ...all.flatMap(queueProblems),
    ...conflicts,
    ...missingQueues(options, names),
    ...queueNameProblems(names, typeof options.queueNamePrefix === 'string' ? options.queueNamePrefix : ''),
    ...undefinedQueues(options, names),
    ...taskOptionProblems({ ...options.taskDefaults }).map((problem) => `taskDefaults: ${problem}`),
    ...taskRouteProblems(options.taskRoutes),
    ...storeProblems({ ...options }),
    ...missingStores(options),
    ...threadsProblems(options.threads),
    ...missingThreads(options),
    ...priorityProblems(options.priorityQueues, names),
    ...backoffProblems({ backoffPolicy: options.backoffPolicy, backoffTasks: options.backoffTasks }),
    ...poolProblems(options, all),
    ...clientProblems(options),
  ];
}

function featureProblems({ title, queues }: DeclaredFeature): string[] {
  if (Array.isArray(queues) && queues.length > 0) return [];
  return [`${title}: queues must be ${QUEUES}, got ${describe(queues)}`];
}

/** The order in which features are imported must not decide where tasks go. */
function missingQueues({ queues, taskDefaultQueue }: SqsCeleryOptions, names: readonly string[]): string[] {
  if (!Array.isArray(queues) || queues.length > 0) return [];
  if (names.length === 0) return [`queues must be ${QUEUES}, got ${describe(queues)}`];
  if (taskDefaultQueue !== undefined) return [];
  return ['taskDefaultQueue is missing: where queues is empty, none of the queues of forFeature is the first'];
}

/** Names that nothing defines. */
function undefinedQueues(
  { taskDefaultQueue, taskDefaults, taskRoutes, backoffPolicy }: SqsCeleryOptions,
  names: readonly string[],
): string[] {
  return [
    ...undefinedQueue('taskDefaultQueue', taskDefaultQueue, names),
    ...undefinedQueue('taskDefaults.queue', taskDefaults?.queue, names),
    ...(taskRouteProblems(taskRoutes).length > 0 ? [] : routedQueues(taskRoutes)).flatMap(({ where, queue }) =>
      undefinedQueue(where, queue, names),
    ),
    ...Object.keys(Object(backoffPolicy)).flatMap((queue) => undefinedQueue('backoffPolicy', queue, names)),
  ];
}

/** What says something only about slots that are shared. */
function poolProblems(
  { workerConcurrency, queuePriority }: SqsCeleryOptions,
  queues: readonly DeclaredQueue[],
): string[] {
  if (workerConcurrency !== undefined) return [];
  const weighted = queues.flatMap(({ where, queue }) =>
    anObject.check(queue) && Object(queue).weight !== undefined ? [`${where}.weight`] : [],
  );
  return [...(queuePriority === undefined ? [] : ['queuePriority']), ...weighted].map(
    (option) => `${option} needs workerConcurrency: queues that share no slots take none from one another`,
  );
}

function missingStores({ deadLetterResults, resultBackend, taskDefaults, idempotency }: SqsCeleryOptions): string[] {
  return [
    ...(deadLetterResults && resultBackend === undefined ? ['deadLetterResults needs resultBackend'] : []),
    ...(taskDefaults?.rejectOnWorkerLost === false && idempotency === undefined
      ? ['taskDefaults: rejectOnWorkerLost: false needs idempotency, as nothing else knows what a worker died with']
      : []),
  ];
}

function missingThreads({ taskDefaults, threads }: SqsCeleryOptions): string[] {
  if (taskDefaults?.pool !== 'threads' || threads !== undefined) return [];
  return ["taskDefaults: pool: 'threads' needs the option threads, which says what the threads run"];
}

function clientProblems({ client, clientConfig, brokerUrl }: SqsCeleryOptions): string[] {
  if (client === undefined || (clientConfig === undefined && brokerUrl === undefined)) return [];
  return ['client cannot be combined with clientConfig or brokerUrl: the client already has its configuration'];
}

function isJsonOnly(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => item === 'application/json');
}
