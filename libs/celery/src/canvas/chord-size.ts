import { bodyOf, isChain, isChord, isGroup, tasksOf } from './primitives.js';
import type { SignatureJson } from './signature-json.js';

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
