import {
  InvalidTaskError,
  NAMESPACE_OID,
  planCanvas,
  queueOfSignature,
  routedAs,
  signatureMessage,
  uuid5,
  type CanvasAction,
  type CanvasPlan,
  type CanvasResult,
  type ChordStart,
  type ChordStore,
  type Clock,
  type Delivery,
  type MessageSender,
  type PartialCall,
  type SignatureJson,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';

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
  /** The queue of a task that names none. */
  readonly route: (task: string) => string;
  readonly argsreprMaxsize: number | undefined;
  /** Starts chords. Undefined: none can be started from here. */
  readonly counts?: Pick<ChordStore, 'start'> | undefined;
}

type PublishAction = Extract<CanvasAction, { readonly kind: 'publish' }>;
type StartAction = Exclude<CanvasAction, PublishAction>;

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
      await this.#start(action);
    }
    await this.#publishAll(finished, messages);
    return actions.length > 0 ? result : undefined;
  }

  async #start({ groupId, ...action }: StartAction): Promise<void> {
    const start = action.kind === 'setChordSize' ? { size: action.size } : structureOf(groupId, action.results);
    await this.#deps.counts?.start?.(groupId, start);
  }

  /** Waits for all, so that nothing is under way any more when the failure of one is handled. */
  async #publishAll(finished: Finished, actions: readonly PublishAction[]): Promise<void> {
    const sent = await Promise.allSettled(actions.map(({ signature }) => this.#publish(finished, signature)));
    const failed = sent.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #publish({ message, delivery }: Finished, signature: SignatureJson): Promise<void> {
    const { publisher, clock, hostname, argsreprMaxsize } = this.#deps;
    const queue = this.#queue(signature);
    const { options } = signature;
    const next = signatureMessage(signature, {
      args: [],
      id: String(options['task_id']),
      queue,
      parentId: text(options['parent_id']) ?? message.headers.id,
      rootId: text(options['root_id']) ?? message.headers.rootId,
      origin: hostname,
      now: clock.now(),
      argsreprMaxsize,
    });
    const messageGroupId = options['MessageGroupId'] ?? (queue === delivery.queue.name && delivery.messageGroupId);
    await publisher.publish(next, typeof messageGroupId === 'string' ? { messageGroupId } : {});
  }

  #plan(signature: SignatureJson, call: PartialCall, seed: string): CanvasPlan {
    let drawn = 0;
    const newId = (): string => uuid5(NAMESPACE_OID, `${seed}:${drawn++}`);
    const chords = this.#deps.counts?.start ? 'counted' : undefined;
    return planCanvas(signature, { ...call, newId, chords });
  }

  #canDo(action: CanvasAction): boolean {
    return action.kind !== 'publish' || this.#deps.sender.queue(this.#queue(action.signature)) !== undefined;
  }

  #queue(signature: SignatureJson): string {
    return queueOfSignature(signature) ?? this.#deps.route(routedAs(signature));
  }
}

/** A group that is called here. */
export function groupOf(tasks: readonly SignatureJson[]): SignatureJson {
  return { task: 'celery.group', args: [], kwargs: { tasks }, options: {}, subtask_type: 'group', immutable: false };
}

function structureOf(groupId: string, results: Extract<StartAction, { kind: 'startChord' }>['results']): ChordStart {
  return { structure: [[groupId, null], results] };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
