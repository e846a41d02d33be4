import { MAX_VISIBILITY_SECONDS, type Delivery } from '#celery';
import { backOffSeconds } from './back-off.js';

/** kombu's options of a predefined queue that say when what was refused there is delivered again. */
export interface BackoffOptions {
  /** By queue, and by receive count from 1: seconds until the message is delivered again (kombu's `backoff_policy`). */
  readonly backoffPolicy?: Readonly<Record<string, Readonly<Record<number, number>>>>;
  /** Names of the tasks for which `backoffPolicy` counts (kombu's `backoff_tasks`). Default: all. */
  readonly backoffTasks?: readonly string[];
}

export interface RedeliveryDelayOptions extends BackoffOptions {
  /** Seconds until a message of a queue that is refused with `Reject({ requeue: true })` is delivered again. */
  readonly requeueDelay: (queue: string) => number;
  readonly random?: () => number;
}

type Received = Pick<Delivery, 'queue' | 'receiveCount'>;

/**
 * Seconds until a message is delivered again that is left to the redrive policy, or rejected with requeue.
 *
 * kombu, at every reject of either kind on a predefined queue with both `backoff_policy` and `backoff_tasks`: a message whose task
 * is in the list, by its exact name, gets the visibility timeout that the policy has for its ApproximateReceiveCount. Everything else
 * keeps what it had: the rest of the queue's own timeout, or `wait_time_seconds` if it was to be requeued.
 *
 * Beyond that: a policy without `backoffTasks` counts for every task, as one without effect is never meant; receives after the last
 * of the policy wait as long as that one, so that delays never shrink again; and what it has no entry for is backed off with jitter
 * (1–5 s doubling to 60 s), or requeued after the queue's `waitTimeSeconds`.
 */
export class RedeliveryDelay {
  readonly #policies: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly #tasks: ReadonlySet<string> | undefined;
  readonly #requeueDelay: (queue: string) => number;
  readonly #random: () => number;

  constructor({ backoffPolicy = {}, backoffTasks, requeueDelay, random = Math.random }: RedeliveryDelayOptions) {
    this.#policies = new Map(Object.entries(backoffPolicy).map(([queue, policy]) => [queue, byReceiveCount(policy)]));
    this.#tasks = backoffTasks && new Set(backoffTasks);
    this.#requeueDelay = requeueDelay;
    this.#random = random;
  }

  /** After a failure that leaves the message to the redrive policy. `task`: undefined where the message has none that is known. */
  ofRedrive(received: Received, task?: string): number {
    return this.#ofPolicy(received, task) ?? backOffSeconds(received.receiveCount, this.#random);
  }

  /** After `Reject({ requeue: true })`. */
  ofRequeue(received: Received, task?: string): number {
    return this.#ofPolicy(received, task) ?? this.#requeueDelay(received.queue.name);
  }

  #ofPolicy({ queue, receiveCount }: Received, task: string | undefined): number | undefined {
    const policy = this.#policies.get(queue.name);
    if (!policy || task === undefined || this.#tasks?.has(task) === false) return undefined;
    return policy.get(Math.min(receiveCount, Math.max(...policy.keys())));
  }
}

function byReceiveCount(policy: Readonly<Record<number, number>>): ReadonlyMap<number, number> {
  return new Map(Object.entries(policy).map(([receiveCount, seconds]) => [Number(receiveCount), seconds]));
}

/** Lists everything that is wrong with `backoffPolicy` and `backoffTasks`, one sentence each; empty when they are right. */
export function backoffProblems({
  backoffPolicy,
  backoffTasks,
}: {
  readonly [Option in keyof BackoffOptions]?: unknown;
}): string[] {
  return [...policyProblems(backoffPolicy), ...tasksProblems(backoffTasks, backoffPolicy)];
}

function policyProblems(policies: unknown): string[] {
  if (policies === undefined) return [];
  if (!isRecord(policies)) return ['backoffPolicy must be an object { queue: { receiveCount: seconds } }'];
  return Object.entries(policies).flatMap(([queue, policy]) => {
    if (isRecord(policy)) return Object.entries(policy).flatMap((entry) => entryProblems(queue, entry));
    return [`backoffPolicy.${queue} must be an object { receiveCount: seconds }`];
  });
}

function entryProblems(queue: string, [receiveCount, seconds]: [string, unknown]): string[] {
  const name = `backoffPolicy.${queue}`;
  if (!/^[1-9]\d{0,5}$/.test(receiveCount)) {
    return [`${name} must have receive counts, whole numbers from 1, as its keys, got '${receiveCount}'`];
  }
  const isRight = Number.isSafeInteger(seconds) && Number(seconds) >= 0 && Number(seconds) <= MAX_VISIBILITY_SECONDS;
  if (isRight) return [];
  const got = typeof seconds === 'number' ? seconds : `a ${typeof seconds}`;
  return [`${name}.${receiveCount} must be a whole number of seconds from 0 to ${MAX_VISIBILITY_SECONDS}, got ${got}`];
}

function tasksProblems(tasks: unknown, policies: unknown): string[] {
  if (tasks === undefined) return [];
  const isRight = Array.isArray(tasks) && tasks.every((task) => typeof task === 'string' && task !== '');
  if (!isRight) return ['backoffTasks must be an array of task names'];
  return policies === undefined ? ['backoffTasks needs backoffPolicy: without one it says nothing'] : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
