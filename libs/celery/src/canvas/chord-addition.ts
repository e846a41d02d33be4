import { InvalidTaskError } from '../errors/task-errors.js';
import type { TaskMessage } from '../message/task-message.js';
import { partsOf } from './chord-size.js';
import { freeze, type NewId } from './freeze.js';
import { expandChunks } from './maps.js';
import { readSignature, type SignatureJson } from './signature-json.js';

/** A signature that belongs to the header of a chord. */
export interface ChordAddition {
  /** With its ids, and its place in the chord. */
  readonly signature: SignatureJson;
  /** Id of the task that reports to the chord: of a chain its last. */
  readonly taskId: string;
}

/**
 * A signature as one more part of the chord that a task belongs to: Celery's `Task.add_to_chord`, before it is sent.
 *
 * @param newId draws ids; first that of the part
 * @throws InvalidTaskError where the task is in no chord, and for what reports more or less than one result to it
 */
export function chordAddition(
  value: unknown,
  { headers, embed }: Pick<TaskMessage, 'headers' | 'embed'>,
  newId: NewId,
): ChordAddition {
  if (!embed.chord || headers.group === null) {
    throw new InvalidTaskError('Current task is not member of any chord');
  }
  const given = readSignature(value);
  const signature = given && expandChunks(given);
  if (!signature || partsOf(signature) !== 1) {
    throw new InvalidTaskError('addToChord takes one signature with one result: add the members of a group one by one');
  }
  const { group, groupIndex, rootId } = headers;
  const place = { group_id: group, group_index: groupIndex, chord: embed.chord, root_id: rootId };
  const placed = { ...signature, options: { ...signature.options, ...place } };
  const frozen = freeze(placed, { id: newId() }, newId);
  return { signature: frozen.signature, taskId: frozen.result.id };
}
