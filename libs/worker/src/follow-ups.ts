import {
  NAMESPACE_OID,
  isSingleTask,
  queueOfSignature,
  signatureMessage,
  uuid5,
  type Clock,
  type Delivery,
  type MessageSender,
  type SignatureJson,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';
import { lostSteps } from './chain-failure.js';
import type { ChordCalls } from './chord-calls.js';

/** A task and the message it came in. */
export interface Finished {
  readonly message: TaskMessage;
  readonly delivery: Pick<Delivery, 'queue' | 'messageGroupId'>;
}

export interface FollowUpDeps {
  readonly publisher: TaskPublisher;
  readonly sender: MessageSender;
  readonly clock: Clock;
  /** Node name of this worker. */
  readonly hostname: string;
  /** The queue of a task that names none. */
  readonly route: (task: string) => string;
  readonly argsreprMaxsize: number | undefined;
  /** What follows a chord. Undefined: nobody counts the parts of chords here. */
  readonly chordCalls?: Pick<ChordCalls, 'canEnd' | 'canFail'> | undefined;
}

/** Sends what a message names to follow its task: callbacks, the next step of a chain, errbacks. */
export class FollowUps {
  readonly #deps: FollowUpDeps;

  constructor(deps: FollowUpDeps) {
    this.#deps = deps;
  }

  /**
   * Whether everything that may follow the task can be sent from here. A group, a chord or a chain as a step has to be taken
   * apart, and a chord's part counted, which workers of other fleets can do; and a queue has to be one of ours.
   */
  canSend(message: TaskMessage): boolean {
    const { callbacks, errbacks, chain } = message.embed;
    const steps = [...(callbacks ?? []), ...(errbacks ?? []), ...(chain ?? []).slice(-1)];
    return (
      steps.every((step) => isSingleTask(step) && this.#deps.sender.queue(this.#queue(step))) &&
      this.#canEndChords(message)
    );
  }

  /** The task may be the last that a chord waits for. So may a step behind it, which fails with it. */
  #canEndChords(message: TaskMessage): boolean {
    const { chordCalls } = this.#deps;
    const { chord } = message.embed;
    const own = chord === null || (chordCalls?.canEnd(chord) ?? false);
    const lost = lostSteps(message).flatMap((step) => step.chord ?? []);
    return own && lost.every((body) => chordCalls?.canFail(body) ?? false);
  }

  /** After success: the callbacks, more than one of them as a group, and the next step of the chain, each with the result. */
  async sendAfterSuccess(finished: Finished, result: unknown): Promise<void> {
    const { callbacks, chain } = finished.message.embed;
    const next = chain?.at(-1);
    await this.#sendGroup(finished, callbacks ?? [], [result], (callbacks?.length ?? 0) > 1);
    if (next) await this.#send(finished, next, { args: [result], position: 'chain', chain: chain?.slice(0, -1) });
  }

  /** After final failure: the errbacks, as a group, each with the id of the task that failed. */
  async sendAfterFailure(finished: Finished): Promise<void> {
    const { embed, headers } = finished.message;
    await this.#sendGroup(finished, embed.errbacks ?? [], [headers.id], true);
  }

  async #sendGroup(
    finished: Finished,
    steps: readonly SignatureJson[],
    args: readonly unknown[],
    isGroup: boolean,
  ): Promise<void> {
    if (steps.length === 0) return;
    const id = drawnId(finished.message, 'group');
    const calls = steps.map((step, index) =>
      this.#send(finished, step, { args, position: String(index), group: isGroup ? { id, index } : undefined }),
    );
    await Promise.all(calls);
  }

  async #send(
    { message, delivery }: Finished,
    step: SignatureJson,
    call: {
      readonly args: readonly unknown[];
      readonly position: string;
      readonly chain?: readonly SignatureJson[] | undefined;
      readonly group?: { readonly id: string; readonly index: number } | undefined;
    },
  ): Promise<void> {
    const { publisher, clock, hostname, argsreprMaxsize } = this.#deps;
    const queue = this.#queue(step);
    const next = signatureMessage(step, {
      ...call,
      id: drawnId(message, call.position),
      queue,
      parentId: message.headers.id,
      rootId: message.headers.rootId,
      origin: hostname,
      now: clock.now(),
      argsreprMaxsize,
    });
    const messageGroupId = step.options['MessageGroupId'] ?? (queue === delivery.queue.name && delivery.messageGroupId);
    await publisher.publish(next, typeof messageGroupId === 'string' ? { messageGroupId } : {});
  }

  #queue(step: SignatureJson): string {
    return queueOfSignature(step) ?? this.#deps.route(step.task);
  }
}

/**
 * The id that Celery would draw at random: here the same at every delivery of the same attempt, so that what a redelivered
 * message sends again can be recognised.
 */
function drawnId({ headers: { id, replacedTaskNesting, retries } }: TaskMessage, position: string): string {
  return uuid5(NAMESPACE_OID, `${id}:${replacedTaskNesting}:${retries}:${position}`);
}

/** Whether a message names anything to follow its task. */
export function hasFollowUps({ embed: { callbacks, errbacks, chain, chord } }: TaskMessage): boolean {
  return chord !== null || [callbacks, errbacks, chain].some((steps) => steps !== null && steps.length > 0);
}
