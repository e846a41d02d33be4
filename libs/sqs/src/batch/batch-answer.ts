import { EntryRefused, entryFailure } from '../client/aws-failure.js';
import type { BatchAnswer } from '../client/sqs-api.js';

/** For each of `count` entries, whose ids are their positions, why it was refused, or undefined. */
export function refusals(answer: BatchAnswer, count: number): (EntryRefused | undefined)[] {
  const reasons = Array<EntryRefused | undefined>(count).fill(undefined);
  for (const entry of answer.Failed ?? []) reasons[Number(entry.Id)] = new EntryRefused(entryFailure(entry));
  return reasons;
}
