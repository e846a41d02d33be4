import { isDeepStrictEqual } from 'node:util';
import type { QueueOptions } from './queue-options.js';
import { shownText } from './url-like.js';

/** The queues of an application that names none. */
export const DEFAULT_QUEUES: readonly string[] = ['celery'];

/** Queues of a feature module; not checked yet. */
export interface DeclaredFeature {
  /** For messages: `forFeature in OrdersModule`. */
  readonly title: string;
  readonly queues: unknown;
}

/** A queue of `forRoot` or of a feature; not checked yet. */
export interface DeclaredQueue {
  /** For messages: `queues[0]`, `forFeature in OrdersModule: queues[0]`. */
  readonly where: string;
  readonly queue: unknown;
}

/** The queues of a connection, and what is wrong with their being declared in several places. */
export interface DeclaredQueues {
  /** All that were declared. */
  readonly all: readonly DeclaredQueue[];
  /** Each queue of a feature once, after those of `forRoot`, whose order is the user's. */
  readonly merged: readonly DeclaredQueue[];
  /** One sentence each. */
  readonly conflicts: readonly string[];
}

/**
 * Adds the queues of features to those of `forRoot`. A queue may be declared in several places, with the same options everywhere; its
 * name alone agrees with any.
 */
export function declaredQueues(given: unknown, features: readonly DeclaredFeature[] = []): DeclaredQueues {
  const own = listOf(given ?? DEFAULT_QUEUES, '');
  const merged: DeclaredQueue[] = [...own];
  const conflicts: string[] = [];
  const ofFeatures = features.flatMap(({ title, queues }) => listOf(queues, `${title}: `));
  for (const declared of ofFeatures) {
    const at = merged.findIndex(({ queue }) => nameOf(queue) !== undefined && nameOf(queue) === nameOf(declared.queue));
    const earlier = merged[at];
    if (!earlier) merged.push(declared);
    else if (isNameAlone(earlier.queue)) merged[at] = declared;
    else if (!isNameAlone(declared.queue) && !isDeepStrictEqual(optionsOf(earlier.queue), optionsOf(declared.queue)))
      conflicts.push(conflict(declared, earlier));
  }
  return { all: [...own, ...ofFeatures], merged, conflicts };
}

/** The queues that {@link declaredQueues} found, once they are known to be right. */
export function checkedQueues(given: unknown, features: readonly DeclaredFeature[]): readonly QueueOptions[] {
  return declaredQueues(given, features).merged.map(({ queue }) => optionsOf(queue) as QueueOptions);
}

function conflict({ where, queue }: DeclaredQueue, earlier: DeclaredQueue): string {
  const name = shownText(String(nameOf(queue)));
  return `${where} declares ${name} with other options than ${earlier.where}: give them in one place, and the name alone elsewhere`;
}

function listOf(queues: unknown, title: string): DeclaredQueue[] {
  return Array.isArray(queues) ? queues.map((queue, index) => ({ where: `${title}queues[${index}]`, queue })) : [];
}

function nameOf(queue: unknown): unknown {
  return typeof queue === 'string' ? queue : (Object(queue) as Partial<QueueOptions>).name;
}

function isNameAlone(queue: unknown): boolean {
  return Object.keys(optionsOf(queue)).length === 1;
}

/** An option given as undefined says nothing. */
function optionsOf(queue: unknown): object {
  const options: object = typeof queue === 'string' ? { name: queue } : Object(queue);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
