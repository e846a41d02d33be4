import type { ResultTuple } from './result-store.js';

/** Keeps the ids of a group's members, so that whoever knows the group's id can ask for their results. */
export interface GroupStore {
  /** Stores a group, `[[id, null], [members]]`: Celery's `save_group`. It expires as results do. */
  save(group: ResultTuple): Promise<void>;
  /** What was saved, or undefined: Celery's `restore_group`. */
  restore(groupId: string): Promise<ResultTuple | undefined>;
  /** Removes what was saved: Celery's `delete_group`. */
  remove(groupId: string): Promise<void>;
}
