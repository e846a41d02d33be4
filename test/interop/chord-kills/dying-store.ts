import type { ChordStore, ResultStore } from 'nestjs-sqs-celery';
import type { KillPoint, StoreCall } from './kill-point.js';

/** A result store whose process is killed, as by the operating system, at one call: nothing runs after it. */
export function dyingStore(store: ResultStore & { readonly chords: ChordStore }, at: KillPoint): ResultStore {
  const { chords } = store;
  const dying = async <Answer>(call: StoreCall, taskId: string, work: () => Promise<Answer>): Promise<Answer> => {
    const isIt = call === at.call && taskId === at.taskId;
    if (isIt && at.effect === 'before') await die();
    const answer = await work();
    if (isIt) await die();
    return answer;
  };
  return {
    chords: {
      start: (groupId, start) => chords.start?.(groupId, start),
      report: (part) => dying('report', part.taskId, () => chords.report(part)),
      end: (part, ending) => dying('end', part.taskId, () => chords.end(part, ending)),
    },
    store: (meta) => dying('store', meta.taskId, () => store.store(meta)),
    get: (taskId) => store.get(taskId),
    forget: (taskId) => store.forget(taskId),
    close: () => store.close(),
  };
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  // The signal may come a moment later.
  return new Promise(() => {});
}
