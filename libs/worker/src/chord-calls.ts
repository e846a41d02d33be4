import {
  InvalidTaskError,
  NAMESPACE_OID,
  planCanvas,
  queueOfSignature,
  routedAs,
  signatureMessage,
  uuid5,
  type CanvasAction,
  type ChordStore,
  type PartialCall,
  type SignatureJson,
} from '#celery';
import { errbacksOfChord } from './chord-body.js';
import type { Finished, FollowUpDeps } from './follow-ups.js';

type Action<Kind extends CanvasAction['kind']> = Extract<CanvasAction, { readonly kind: Kind }>;

export interface ChordCallsDeps extends FollowUpDeps {
  /** Starts chords that are bodies of chords. */
  readonly counts: Pick<ChordStore, 'start'>;
}

/** Sends what follows a chord: its body, or the errbacks of its body. */
export class ChordCalls {
  readonly #deps: ChordCallsDeps;

  constructor(deps: ChordCallsDeps) {
    this.#deps = deps;
  }

  /** Whether the body and what is called in its place can be sent from here: their queues are ours, and a chord can be started. */
  canEnd(body: SignatureJson): boolean {
    return this.#canPlan(body, { args: [[]] }) && this.canFail(body);
  }

  /** Whether the errbacks can be sent from here. */
  canFail(body: SignatureJson): boolean {
    return errbacksOfChord(body).every((errback) => this.#canPlan(errback, { args: [''] }));
  }

  /**
   * Sends the body, with the results of the header as its first argument. Its ids are its own, or the same whoever sends it.
   *
   * @param finished the task that ended last
   * @throws (rejects) InvalidTaskError for a body that cannot be sent from here, and what the publisher throws
   */
  async sendBody(finished: Finished, body: SignatureJson, groupId: string, results: readonly unknown[]): Promise<void> {
    await this.#send(finished, body, { args: [results] }, `${groupId}:body`);
  }

  /** Sends errbacks with the id of the task that failed, as a group. */
  async sendErrbacks(finished: Finished, errbacks: readonly SignatureJson[], taskId: string): Promise<void> {
    if (errbacks.length === 0) return;
    const options = { parent_id: taskId, root_id: taskId };
    await this.#send(finished, groupOf(errbacks), { args: [taskId], options }, `${taskId}:errbacks`);
  }

  async #send(finished: Finished, signature: SignatureJson, call: PartialCall, seed: string): Promise<void> {
    // One after the other: a chord has to be known before its header is sent.
    for (const action of plan(signature, call, seed)) {
      if (action.kind === 'publish') await this.#publish(finished, action);
      else await this.#start(action);
    }
  }

  async #start(action: Action<'startChord' | 'setChordSize'>): Promise<void> {
    const { counts } = this.#deps;
    if (!counts.start) throw new InvalidTaskError(`Chord ${action.groupId} cannot be started by this result store`);
    const { groupId, size } = action;
    await counts.start(
      groupId,
      action.kind === 'setChordSize' ? { size } : { structure: [[groupId, null], action.results] },
    );
  }

  async #publish({ message, delivery }: Finished, { signature }: Action<'publish'>): Promise<void> {
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

  #canPlan(signature: SignatureJson, call: PartialCall): boolean {
    try {
      return plan(signature, call, '').every((action) => this.#canDo(action));
    } catch (error) {
      if (error instanceof InvalidTaskError) return false;
      throw error;
    }
  }

  #canDo(action: CanvasAction): boolean {
    if (action.kind !== 'publish') return this.#deps.counts.start !== undefined;
    return this.#deps.sender.queue(this.#queue(action.signature)) !== undefined;
  }

  #queue(signature: SignatureJson): string {
    return queueOfSignature(signature) ?? this.#deps.route(routedAs(signature));
  }
}

function plan(signature: SignatureJson, call: PartialCall, seed: string): readonly CanvasAction[] {
  let drawn = 0;
  const newId = (): string => uuid5(NAMESPACE_OID, `${seed}:${drawn++}`);
  return planCanvas(signature, { ...call, newId, chords: 'counted' }).actions;
}

function groupOf(tasks: readonly SignatureJson[]): SignatureJson {
  return { task: 'celery.group', args: [], kwargs: { tasks }, options: {}, subtask_type: 'group', immutable: false };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
