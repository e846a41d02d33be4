import { withHeader } from './linking.js';
import { headerOf, isChain, isChord, isGroup, replacedFirst, tasksOf, withTasks } from './primitives.js';
import type { SignatureJson } from './signature-json.js';
import { wireOptions, type SignatureOptions } from './signature.js';

/**
 * Sets options of a signature: Celery's `set`. Those of a group hold for its members, those of a chain for its first task (but
 * `taskId` and `link`, which are its last one's, and `linkError`, which is everyone's), those of a chord for header and body
 * (`countdown` and `eta` for the header).
 *
 * @returns the signature with these options
 * @throws InvalidTaskError for an option that is none
 */
export function withOptions<Sig extends SignatureJson>(signature: Sig, options: SignatureOptions): Sig {
  return { ...signature, options: { ...signature.options, ...wireOptions(signature.task, options) } };
}

/**
 * A signature that takes its own arguments only, not the result of the task before: Celery's `si`. Of a group and of a chord it
 * is the members that do, of a chain the first task.
 */
export function immutable<Sig extends SignatureJson>(signature: Sig): Sig {
  if (isGroup(signature)) return withTasks(signature, tasksOf(signature).map(immutable));
  if (isChord(signature)) return withHeader(signature, headerOf(signature).map(immutable));
  if (isChain(signature)) {
    // Python loses the flag of a chain itself when it reads it from a message.
    return withTasks(signature, replacedFirst(tasksOf(signature), immutable));
  }
  return { ...signature, immutable: true };
}
