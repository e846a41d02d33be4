import { isAttribute, describeQueue, describeSettings } from '../attributes/describe.js';
import { checkRedrivePolicy } from '../attributes/redrive-check.js';
import { checkFifoQueue, readSettings, type GivenAttributes } from '../attributes/settings-reader.js';
import {
  invalidAttributeName,
  invalidAttributeValue,
  purgeQueueInProgress,
  queueDeletedRecently,
  queueDoesNotExist,
  queueNameExists,
} from '../errors.js';
import type { Queue } from '../queue/queue.js';
import { defaultSettings } from '../queue/settings.js';
import type { Service } from '../service/service.js';
import { queueOf, queueUrlOf, type Operation } from './operation.js';
import { pageOf } from './paging.js';
import { readTags, setTags } from './tags.js';

const MINUTE_MS = 60_000;

export const createQueue: Operation = (service, call) => {
  const name = call.params.required('QueueName');
  const given = call.params.stringMap('Attributes') ?? new Map<string, string>();
  const tags = readTags(call.params, 'tags') ?? readTags(call.params, 'Tags') ?? new Map<string, string>();
  const queue = createQueueNamed(service, name, given);
  setTags(queue, tags);
  return { QueueUrl: queueUrlOf(service, call, queue) };
};

/** The queue called `name`: a new one, or the existing one when no given attribute differs. */
export function createQueueNamed(service: Service, name: string, attributes: GivenAttributes): Queue {
  const { directory } = service;
  directory.checkName(name);
  const given = new Map(attributes);
  checkFifoQueue(name, given.get('FifoQueue'));
  given.delete('FifoQueue');
  const settings = readSettings(given, defaultSettings(name.endsWith('.fifo')), name.endsWith('.fifo'));
  const existing = directory.find(name);
  if (existing !== undefined) {
    const differing = firstDifference(given, describeSettings(settings), describeSettings(existing.settings));
    if (differing === undefined) return existing;
    throw queueNameExists(differing);
  }
  checkDeletion(service, name);
  checkRedrivePolicy(directory, name, settings.RedrivePolicy);
  return service.addQueue(name, settings);
}

/** Only what the request gives is compared: a queue may have got other attributes since. */
function firstDifference(
  given: GivenAttributes,
  wanted: ReadonlyMap<string, string>,
  existing: ReadonlyMap<string, string>,
): string | undefined {
  return [...given.keys()].find((name) => wanted.get(name) !== existing.get(name));
}

function checkDeletion(service: Service, name: string): void {
  const deletedAt = service.directory.deletedAt(name);
  if (!service.options.enforceWaits || deletedAt === undefined) return;
  if (service.deadlines.now() - deletedAt < MINUTE_MS) throw queueDeletedRecently();
}

export const deleteQueue: Operation = (service, call) => {
  const queue = queueOf(service, call);
  service.directory.remove(queue, service.deadlines.now());
  queue.messages.clear();
  queue.waiters.endAll(queueDoesNotExist());
  return {};
};

export const getQueueUrl: Operation = (service, call) => {
  const queue = service.directory.get(call.params.required('QueueName'));
  return { QueueUrl: queueUrlOf(service, call, queue) };
};

export const listQueues: Operation = (service, call) => {
  const prefix = call.params.string('QueueNamePrefix') ?? '';
  const matching = service.directory.all().filter((queue) => queue.name.startsWith(prefix));
  const page = pageOf(matching, call.params);
  if (page.queues.length === 0) return {};
  return { QueueUrls: page.queues.map((queue) => queueUrlOf(service, call, queue)), NextToken: page.nextToken };
};

export const listDeadLetterSourceQueues: Operation = (service, call) => {
  const target = queueOf(service, call);
  const sources = service.directory
    .all()
    .filter((queue) => queue.settings.RedrivePolicy?.deadLetterTargetArn === target.arn);
  const page = pageOf(sources, call.params);
  return { queueUrls: page.queues.map((queue) => queueUrlOf(service, call, queue)), NextToken: page.nextToken };
};

export const purgeQueue: Operation = (service, call) => {
  const queue = queueOf(service, call);
  const now = service.deadlines.now();
  if (service.options.enforceWaits && now - queue.purgedAt < MINUTE_MS) throw purgeQueueInProgress(queue.name);
  queue.purgedAt = now;
  queue.messages.clear();
  return {};
};

export const getQueueAttributes: Operation = (service, call) => {
  const queue = queueOf(service, call);
  const names = call.params.strings('AttributeNames');
  for (const name of names) if (name !== 'All' && !isAttribute(name)) throw invalidAttributeName(name);
  const wanted = [...describeQueue(queue)].filter(([name]) => names.includes('All') || names.includes(name));
  return { Attributes: wanted.length === 0 ? undefined : Object.fromEntries(wanted) };
};

export const setQueueAttributes: Operation = (service, call) => {
  const queue = queueOf(service, call);
  const given = call.params.stringMap('Attributes') ?? new Map<string, string>();
  if (given.has('FifoQueue')) {
    throw queue.fifo
      ? invalidAttributeValue('FifoQueue', 'Modifying queue type is not supported.')
      : invalidAttributeName('FifoQueue');
  }
  const settings = readSettings(given, queue.settings, queue.fifo);
  if (given.has('RedrivePolicy')) checkRedrivePolicy(service.directory, queue.name, settings.RedrivePolicy);
  queue.configure(settings);
  return {};
};
