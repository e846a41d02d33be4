import {
  InvalidTaskError,
  replacementOf,
  type ChordAddition,
  type ChordStore,
  type Clock,
  type SignatureJson,
} from '#celery';
import type { Attempt } from './attempt.js';
import { attemptSeed, idsOf } from './attempt-ids.js';
import { checkLease } from './check-lease.js';
import { underLease } from './under-lease.js';
import type { WorkflowCalls } from './workflow-calls.js';

export interface ContinuationsDeps {
  readonly workflows: WorkflowCalls;
  /** Undefined: the parts of chords cannot be counted. */
  readonly counts: Pick<ChordStore, 'add'> | undefined;
  readonly clock: Clock;
}

type Continued = Pick<Attempt, 'message' | 'delivery'>;

/** Sends what a task itself asked for: what replaces it, and what it adds to its chord. All of it has the same ids when it is repeated. */
export class Continuations {
  readonly #deps: ContinuationsDeps;

  constructor(deps: ContinuationsDeps) {
    this.#deps = deps;
  }

  /** @throws (rejects) InvalidTaskError for what cannot run in place of the task or be sent from here; what the publisher throws */
  async sendReplacement({ message, delivery }: Continued, signature: SignatureJson): Promise<void> {
    const position = `${attemptSeed(message)}:replacement`;
    const replacement = replacementOf(signature, message, idsOf(position));
    this.#checkSendable(replacement, `What replaces task ${message.headers.task}[${message.headers.id}]`);
    checkLease(delivery.lease);
    await this.#deps.workflows.send({ message, delivery }, replacement, {}, `${position}:sent`);
  }

  /**
   * The header is counted before it grows: a part that reports earlier would complete it without the others.
   * @throws (rejects) InvalidTaskError where headers cannot grow or a part cannot be sent from here; what store and publisher throw
   */
  async sendAdditions({ message, delivery }: Continued, additions: readonly ChordAddition[]): Promise<void> {
    const { counts, clock, workflows } = this.#deps;
    for (const { signature, taskId } of additions) {
      this.#checkSendable(signature, `What task ${message.headers.task}[${message.headers.id}] adds to its chord`);
      if (!counts?.add) throw new InvalidTaskError('This result backend does not support addToChord: use Redis');
      checkLease(delivery.lease);
      await underLease(delivery.lease, clock, async () => counts.add?.(String(message.headers.group), taskId));
      checkLease(delivery.lease);
      await workflows.send({ message, delivery }, signature, {}, `${taskId}:sent`);
    }
  }

  #checkSendable(signature: SignatureJson, what: string): void {
    if (this.#deps.workflows.canSend(signature, {})) return;
    throw new InvalidTaskError(
      `${what} cannot be sent from here: its queues have to be among this application's, and chords need a resultBackend`,
    );
  }
}
