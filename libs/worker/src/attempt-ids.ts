import { NAMESPACE_OID, uuid5, type NewId, type TaskMessage } from '#celery';

/** What ids are drawn from: the same at every delivery of the same attempt. */
export function attemptSeed({ headers: { id, replacedTaskNesting, retries } }: Pick<TaskMessage, 'headers'>): string {
  return `${id}:${replacedTaskNesting}:${retries}`;
}

/** Gives ids that are the same for the same seed. */
export function idsOf(seed: string): NewId {
  let drawn = 0;
  return () => uuid5(NAMESPACE_OID, `${seed}:${drawn++}`);
}
