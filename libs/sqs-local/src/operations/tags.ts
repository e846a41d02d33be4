import { invalidParameter, missingParameter } from '../errors.js';
import type { Params } from '../protocol/params.js';
import type { Queue } from '../queue/queue.js';
import { queueOf, type Operation } from './operation.js';

const MAX_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;

/** Reads a map of tags and checks their lengths. */
export function readTags(params: Params, name: string): ReadonlyMap<string, string> | undefined {
  const tags = params.stringMap(name);
  for (const [key, value] of tags ?? []) {
    if (key.length < 1 || key.length > MAX_KEY || value.length > MAX_VALUE) {
      throw invalidParameter(name, `A tag has a key of 1 to ${MAX_KEY} and a value of up to ${MAX_VALUE} characters.`);
    }
  }
  return tags;
}

/** Adds tags to those of a queue. */
export function setTags(queue: Queue, tags: ReadonlyMap<string, string>): void {
  const count = new Set([...queue.tags.keys(), ...tags.keys()]).size;
  if (count > MAX_TAGS)
    throw invalidParameter('Tags', `A queue can have up to ${MAX_TAGS} tags; it would have ${count}.`);
  for (const [key, value] of tags) queue.tags.set(key, value);
}

export const tagQueue: Operation = (service, call) => {
  const queue = queueOf(service, call);
  const tags = readTags(call.params, 'Tags');
  if (tags === undefined || tags.size === 0) throw missingParameter('Tags');
  setTags(queue, tags);
  return {};
};

export const untagQueue: Operation = (service, call) => {
  const queue = queueOf(service, call);
  const keys = call.params.strings('TagKeys');
  if (keys.length === 0) throw missingParameter('TagKeys');
  for (const key of keys) queue.tags.delete(key);
  return {};
};

export const listQueueTags: Operation = (service, call) => {
  const { tags } = queueOf(service, call);
  return { Tags: tags.size === 0 ? undefined : Object.fromEntries(tags) };
};
