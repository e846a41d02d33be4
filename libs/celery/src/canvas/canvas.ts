import { InvalidTaskError } from '../errors/task-errors.js';
import { expandChunks } from './maps.js';
import { chainOf, pipe } from './pipe.js';
import { isChain, isGroup, makeChord, makeGroup, tasksOf } from './primitives.js';
import { readSignature, type SignatureJson } from './signature-json.js';
import type { GroupSignature, SignatureLike, SignatureResult, SignatureResults } from './signature-type.js';

type Last<Items extends readonly unknown[]> = Items extends readonly [...unknown[], infer Item] ? Item : Items[number];

/**
 * Tasks one after another, each with the result of the one before as its first argument: Celery's `chain`. What follows a group
 * waits for all its members and gets the list of their results: the two become a chord. Chains in chains are joined, a group of
 * one member is that member, and a chain of one task is that task.
 *
 * @param steps signatures of any kind
 * @throws InvalidTaskError without a step
 */
export function chain<const Steps extends readonly [SignatureJson, ...SignatureJson[]] | readonly SignatureJson[]>(
  ...steps: Steps
): SignatureLike<Last<Steps>, SignatureResult<Last<Steps>>> {
  const [first, ...others] = steps.map((step) => member('chain', step));
  if (!first) throw new InvalidTaskError('chain: at least one signature is needed');
  return others.reduce(pipe, isChain(first) ? chainOf(tasksOf(first)) : first);
}

/**
 * Tasks at once: Celery's `group`. Groups in groups are taken apart when they are sent.
 *
 * @param members signatures of any kind
 */
export function group<const Members extends readonly SignatureJson[]>(
  ...members: Members
): GroupSignature<SignatureResults<Members>> {
  return makeGroup(members.map((one) => member('group', one)));
}

/** What goes before a chord's body: signatures, or a group of them. */
export type ChordHeader = readonly SignatureJson[] | SignatureJson;

/**
 * A task that gets the list of the results of others, once they have all succeeded: Celery's `chord`. Needs a result backend.
 *
 * @param header the tasks that run at once; one that is a group stands for its members
 * @param body what gets their results; where it is to be called without them, an `immutable` signature
 */
export function chord<Body extends SignatureJson>(
  header: ChordHeader,
  body: Body,
): SignatureLike<Body, SignatureResult<Body>> {
  const given = isList(header) ? header : [header];
  const members = given.map((one) => member('chord', one));
  const [first, ...others] = members;
  const tasks = first !== undefined && others.length === 0 && isGroup(first) ? tasksOf(first) : members;
  return makeChord(tasks, member('chord', body));
}

/** Typed as it is: `Array.isArray` widens what is read-only. */
function isList(header: ChordHeader): header is readonly SignatureJson[] {
  return Array.isArray(header);
}

/** Chunks stand for their group, so that they can be waited for wherever they are. */
function member(within: string, value: SignatureJson): SignatureJson {
  const signature = readSignature(value);
  if (!signature) throw new InvalidTaskError(`${within}: only signatures can be a part of it`);
  return expandChunks(signature);
}
