import { InvalidTaskError, MAX_DELAY_SECONDS, type Log, type QueueInfo, type TaskMessage } from '#celery';

/** What to do with a task whose ETA a Python worker would not wait for properly. */
export type LongEta = 'allow' | 'warn' | 'refuse';

export interface EtaCheckDeps {
  /** What the owner of a queue decided. */
  readonly policy: (queue: string) => LongEta;
  readonly log: Log;
}

/**
 * A Python worker holds a task in memory until its ETA, longer than the queue's visibility timeout allows: SQS delivers it again
 * meanwhile, and each delivery runs. What SQS itself delays (`DelaySeconds`, up to 15 minutes) does not count.
 */
export class EtaCheck {
  readonly #deps: EtaCheckDeps;
  readonly #warned = new Set<string>();

  constructor(deps: EtaCheckDeps) {
    this.#deps = deps;
  }

  /** @throws InvalidTaskError where such a task is refused */
  check({ headers }: TaskMessage, remaining: number, { name, visibilityTimeout }: QueueInfo): void {
    const held = remaining - MAX_DELAY_SECONDS;
    const policy = held > 0 ? this.#deps.policy(name) : 'allow';
    if (visibilityTimeout === undefined) return this.#unknown(name, policy);
    if (held <= visibilityTimeout) return;
    if (policy === 'allow' || (policy === 'warn' && this.#warned.has(name))) return;
    const problem =
      `Task ${headers.task}[${headers.id}] is due in ${remaining} s, and queue ${name} has a visibility timeout of ` +
      `${visibilityTimeout} s: a Python worker would run it about ${Math.ceil(held / Math.max(1, visibilityTimeout))} times. ` +
      `Raise the visibility timeout above ${held} s, send it later, or let only Nest workers consume the queue`;
    if (policy === 'refuse') throw new InvalidTaskError(problem);
    this.#warnOnce(name, `${problem}. This is said once for each queue; option longEta: 'allow' | 'refuse'.`);
  }

  /** The attributes of a queue that is only sent to are not read. */
  #unknown(queue: string, policy: LongEta): void {
    if (policy === 'allow') return;
    this.#warnOnce(
      queue,
      `Whether Python workers of queue ${queue} can wait for long ETAs is not known, as its visibility timeout is not: give it as the ` +
        `queue's option visibilityTimeout, or say longEta: 'allow'.`,
    );
  }

  #warnOnce(queue: string, text: string): void {
    if (this.#warned.has(queue)) return;
    this.#warned.add(queue);
    this.#deps.log.warn(text);
  }
}
