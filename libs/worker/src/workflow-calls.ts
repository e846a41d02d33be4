import {
  InvalidTaskError,
  chordStartOf,
  chordsOf,
  planCanvas,
  routedCall,
  signatureMessage,
  textOption,
  type CanvasAction,
  type CanvasPlan,
  type CanvasResult,
  type Clock,
  type Delivery,
  type MessageSender,
  type PartialCall,
  type ResultStore,
  type Routed,
  type RoutedCall,
  type SignatureJson,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';
import { idsOf } from './attempt-ids.js';

/** A task and the message it came in. */
export interface Finished {
  readonly message: TaskMessage;
  readonly delivery: Pick<Delivery, 'queue' | 'messageGroupId'>;
}

export interface WorkflowCallsDeps {
  readonly publisher: TaskPublisher;
  readonly sender: MessageSender;
  readonly clock: Clock;
  /** Node name of this worker. */
  readonly hostname: string;
  /** Where a task goes; one that is no queue of ours is found out when it is asked for. */
  readonly route: (call: RoutedCall) => Routed;
  readonly argsreprMaxsize: number | undefined;
  /** Counts the parts of chords, or is polled for their results. Undefined: no chord can be started from here. */
  readonly store?: Pick<ResultStore, 'chords'> | undefined;
}

type PublishAction = Extract<CanvasAction, { readonly kind: 'publish' }>;

/** Sends signatures of any kind after a task: Celery's `signature.apply_async` in a worker. */
export class WorkflowCalls {
  readonly #deps: WorkflowCallsDeps;

  constructor(deps: WorkflowCallsDeps) {
    this.#deps = deps;
  }

  /** Whether all messages of a signature can be sent from here: their queues are ours, and a chord among them can be started. */
  canSend(signature: SignatureJson, call: PartialCall): boolean {
    try {
      return this.#plan(signature, call, '').actions.every((action) => this.#canDo(action));
    } catch (error) {
      if (error instanceof InvalidTaskError) return false;
      throw error;
    }
  }

  /**
   * Sends a signature. Resolves with what can be waited for; undefined where there was nothing to send.
   *
   * @param finished the parent of what names none
   * @param seed of the ids that Celery would draw at random: the same seed gives the same, so that what is sent again can be
   * recognised
   * @throws (rejects) InvalidTaskError for what cannot be sent from here, and what the publisher and the store throw
   */
  async send(
    finished: Finished,
    signature: SignatureJson,
    call: PartialCall,
    seed: string,
  ): Promise<CanvasResult | undefined> {
    const { actions, result } = this.#plan(signature, call, seed);
    let messages: PublishAction[] = [];
    for (const action of actions) {
      if (action.kind === 'publish') {
        messages.push(action);
        continue;
      }
      // A chord has to be known before its header is sent, its size only before the last of it.
      await this.#publishAll(finished, messages);
      messages = [];
      await this.#deps.store?.chords?.start?.(action.groupId, chordStartOf(action));
    }
    await this.#publishAll(finished, messages);
    return actions.length > 0 ? result : undefined;
  }

  /** Waits for all, so that nothing is under way any more when the failure of one is handled. */
  async #publishAll(finished: Finished, actions: readonly PublishAction[]): Promise<void> {
    const sent = await Promise.allSettled(actions.map(({ signature }) => this.#publish(finished, signature)));
    const failed = sent.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #publish({ message, delivery }: Finished, signature: SignatureJson): Promise<void> {
    const { publisher, clock, hostname, argsreprMaxsize } = this.#deps;
    const { queue, priority } = this.#deps.route(routedCall(signature));
    const options: SignatureJson['options'] = {
      ...signature.options,
      queue,
      ...(priority !== undefined && { priority }),
    };
    const next = signatureMessage(
      { ...signature, options },
      {
        args: [],
        id: String(options['task_id']),
        queue,
        parentId: textOption(options['parent_id']) ?? message.headers.id,
        rootId: textOption(options['root_id']) ?? message.headers.rootId,
        origin: hostname,
        now: clock.now(),
        argsreprMaxsize,
      },
    );
    const messageGroupId = options['MessageGroupId'] ?? (queue === delivery.queue.name && delivery.messageGroupId);
    await publisher.publish(next, typeof messageGroupId === 'string' ? { messageGroupId } : {});
  }

  #plan(signature: SignatureJson, call: PartialCall, seed: string): CanvasPlan {
    return planCanvas(signature, { ...call, newId: idsOf(seed), chords: chordsOf(this.#deps.store) });
  }

  #canDo(action: CanvasAction): boolean {
    if (action.kind !== 'publish') return true;
    const routed = this.#routeIfKnown(action.signature);
    return routed === undefined || this.#deps.sender.queue(routed.queue) !== undefined;
  }

  /** A route that looks into the arguments may not bear that the result is not among them yet: then only sending will tell. */
  #routeIfKnown(signature: SignatureJson): Routed | undefined {
    try {
      return this.#deps.route(routedCall(signature));
    } catch (error) {
      if (error instanceof InvalidTaskError) return undefined;
      throw error;
    }
  }
}

/** A group that is called here. */
export function groupOf(tasks: readonly SignatureJson[]): SignatureJson {
  return { task: 'celery.group', args: [], kwargs: { tasks }, options: {}, subtask_type: 'group', immutable: false };
}
