import type { Log, QueueInfo } from '#celery';
import { DeadLetterResults } from './dead-letter-results.js';
import { following } from '../chords/chords-assembly.js';
import { Results } from '../results.js';
import type { WorkerDeps } from '../worker.js';

/** What the letters of one dead-letter queue are read with. */
export interface DeadLetterResultsSetUp {
  /** The queues of this worker that have the dead-letter queue. */
  readonly sources: readonly QueueInfo[];
  readonly log: Pick<Log, 'debug' | 'warn'>;
}

/** The results of dead letters, stored and sent as `worker` does; undefined where it stores no results. */
export function deadLetterResults(
  worker: WorkerDeps,
  { sources, log }: DeadLetterResultsSetUp,
): DeadLetterResults | undefined {
  const { registry, publisher, sender, clock, events, hostname, route, decode, stores, options = {} } = worker;
  const { argsreprMaxsize, resultExtended: extended = false } = options;
  const store = stores?.results;
  if (!store) return undefined;
  const { followUps, chords } = following({
    publisher,
    sender,
    clock,
    hostname,
    route,
    argsreprMaxsize,
    events,
    store,
  });
  return new DeadLetterResults({
    sources,
    store,
    results: new Results({ store, clock, hostname, extended }),
    followUps,
    ...(chords && { reportPart: ({ error, ...part }, lost) => chords.reportFailed(part, lost, error) }),
    registry,
    events,
    clock,
    log,
    hostname,
    decode,
  });
}
