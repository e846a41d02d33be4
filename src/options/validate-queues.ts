import { canonicalQueueName, checkPredefinedQueue, isFifoName, sqsNameProblem } from '#celery';
import { invalidAttributes, type DeadLetterOptions } from '#sqs';
import { declaredQueues, type DeclaredFeature, type DeclaredQueue } from './declared-queues.js';
import { anObject, boolean, describe, oneOf, problemsOf, text, whole, type OptionRules } from './option-rules.js';
import type { QueueOptions } from './queue-options.js';
import { receiveRules } from './receive-rules.js';
import { looksLikeUrl, shownText } from './url-like.js';

const queueName = { expectation: 'the name of a queue, not a URL', check: isQueueName };
const attributes = { ...anObject, expectation: "an object of the queue's attributes" };

const queueRules: OptionRules<QueueOptions> = {
  ...receiveRules,
  name: queueName,
  url: { expectation: 'the URL of a queue (http or https) without credentials', check: isQueueUrl },
  region: text,
  client: { ...anObject, expectation: 'an SQSClient or its configuration' },
  weight: whole(1, 1000),
  longEta: oneOf('allow', 'warn', 'refuse'),
  consume: boolean,
  autoStart: boolean,
  visibilityTimeout: whole(0, 43_200, 'seconds'),
  attributes,
  tags: anObject,
  deadLetter: {
    ...anObject,
    expectation: 'true, false or an object',
    check: (value) => typeof value === 'boolean' || anObject.check(value),
  },
};

const deadLetterRules: OptionRules<DeadLetterOptions> = {
  name: queueName,
  maxReceiveCount: whole(1, 1000),
  attributes,
};

/** Lists everything that is wrong with one of `queues`. */
export function queueProblems({ where, queue }: DeclaredQueue): string[] {
  if (queue === '') return [`${where} must be a name that is not empty`];
  if (typeof queue === 'string') return isQueueName(queue) ? [] : [`${where} must be ${queueName.expectation}`];
  if (!anObject.check(queue)) return [`${where} must be a name or { name, … }, got ${describe(queue)}`];
  const given = Object(queue) as Partial<QueueOptions>;
  return [
    ...(given.name === undefined ? [`${where}.name is missing`] : []),
    ...problemsOf(`${where}.`, given, queueRules),
    ...fitProblems(given),
    ...groupProblems(where, given),
    ...startProblems(where, given),
    ...timeoutProblems(where, given),
    ...attributeProblems(where, given, given.name),
    ...deadLetterProblems(`${where}.deadLetter`, given),
  ];
}

/** Names that SQS refuses, that stand twice, or that become one on SQS. */
export function queueNameProblems(queues: readonly unknown[], prefix: string): string[] {
  const names = queueNames(queues);
  return [
    ...names.flatMap((name) => sqsNameProblem(canonicalQueueName(name, prefix)) ?? []),
    ...collisions(names, prefix),
  ];
}

/** The names among `queues` that can be those of queues. */
export function queueNames(queues: readonly unknown[]): string[] {
  return queues
    .map((queue) => (typeof queue === 'string' ? queue : (Object(queue) as Partial<QueueOptions>).name))
    .filter(isQueueName);
}

/** The names of all queues; empty where one has none, as what names that one would seem wrong. */
export function namesOfAll(given: unknown, features: readonly DeclaredFeature[]): readonly string[] {
  if (given !== undefined && !Array.isArray(given)) return [];
  const { merged } = declaredQueues(given, features);
  const names = queueNames(merged.map(({ queue }) => queue));
  return names.length === merged.length ? names : [];
}

/** A queue that an option names must be one of `queues`. */
export function undefinedQueue(where: string, queue: unknown, names: readonly string[]): string[] {
  if (typeof queue !== 'string' || names.length === 0 || names.includes(queue)) return [];
  return [`${where} names the queue ${shownText(queue)}, which is not one of queues (${names.join(', ')})`];
}

function fitProblems({ name, url }: Partial<QueueOptions>): string[] {
  if (!isQueueName(name) || url === undefined || !isQueueUrl(url)) return [];
  return [checkPredefinedQueue(name, url) ?? []].flat();
}

function groupProblems(where: string, { name, groupConcurrency }: Partial<QueueOptions>): string[] {
  if (!isQueueName(name) || !isFifoName(name) || groupConcurrency === undefined) return [];
  return [`${where}.groupConcurrency is for standard queues: a FIFO queue runs each group one by one`];
}

function startProblems(where: string, { consume, autoStart }: Partial<QueueOptions>): string[] {
  if (consume !== false || autoStart === undefined) return [];
  return [`${where}.autoStart says nothing of a queue with consume: false, from which nothing is received`];
}

function timeoutProblems(where: string, { visibilityTimeout, attributes: given }: Partial<QueueOptions>): string[] {
  const other = given?.visibilityTimeout;
  if (visibilityTimeout === undefined || other === undefined || visibilityTimeout === other) return [];
  const [first, second] = [`${where}.visibilityTimeout`, `${where}.attributes.visibilityTimeout`];
  return [`${first} is ${describe(visibilityTimeout)}, but ${second} is ${describe(other)}: give one of them`];
}

function attributeProblems(
  where: string,
  { attributes: given }: Pick<QueueOptions, 'attributes'>,
  name: unknown,
): string[] {
  if (given === undefined || !anObject.check(given)) return [];
  const fifo = typeof name === 'string' && isFifoName(name);
  return invalidAttributes(given, fifo).map((problem) => `${where}.attributes: ${problem}`);
}

/** A dead-letter queue is of the type of its source. */
function deadLetterProblems(where: string, { deadLetter, name }: Partial<QueueOptions>): string[] {
  if (typeof deadLetter === 'boolean' || !anObject.check(deadLetter)) return [];
  const given = Object(deadLetter) as DeadLetterOptions;
  return [...problemsOf(`${where}.`, given, deadLetterRules), ...attributeProblems(where, given, name)];
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

function isQueueName(value: unknown): value is string {
  return text.check(value) && !looksLikeUrl(String(value));
}

function isQueueUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !/^https?:\/\/./.test(value) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}
