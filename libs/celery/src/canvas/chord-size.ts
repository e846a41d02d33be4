import { bodyOf, isChain, isChord, isGroup, tasksOf } from './primitives.js';
import { readSignature, type SignatureJson } from './signature-json.js';

/**
 * How many parts of a chord a member of its header reports: a task one, a chain what its last step reports, a group what its
 * members report together, a chord what its body reports.
 */
export function partsOf(signature: SignatureJson): number {
  if (isGroup(signature)) return tasksOf(signature).reduce((sum, task) => sum + partsOf(task), 0);
  if (isChord(signature)) return partsOf(bodyOf(signature));
  if (!isChain(signature)) return 1;
  const sizes = tasksOf(signature).map(partsOf);
  return sizes.findLast((size) => size > 0) ?? 0;
}

/** The task by whose name a signature is routed: that of a mapping is routed as the task it calls, a chord's poll as its body. */
export function routedAs({ task, args, kwargs }: SignatureJson): string {
  const inner = task === 'celery.chord_unlock' ? args[1] : MAPPINGS.has(task) ? kwargs['task'] : undefined;
  return readSignature(inner)?.task ?? task;
}

const MAPPINGS = new Set(['celery.map', 'celery.starmap', 'celery.chunks']);
