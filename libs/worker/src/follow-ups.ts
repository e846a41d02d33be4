import { firstOf, isGroup, resultTuple, type PartialCall, type SignatureJson, type TaskMessage } from '#celery';
import { attemptSeed } from './attempt-ids.js';
import { lostParts } from './chain-failure.js';
import type { ChordCalls } from './chords/chord-calls.js';
import type { TaskRequest } from './task-request.js';
import { WorkflowCalls, groupOf, type Finished, type WorkflowCallsDeps } from './workflow-calls.js';

/** A task that was run here. */
export interface Succeeded extends Finished {
  /** Learns what follows. */
  readonly request: Pick<TaskRequest, 'addChild'>;
}

export interface FollowUpDeps extends Omit<WorkflowCallsDeps, 'store'> {
  /** What follows a chord. Undefined: there is no result store, and so no end of a chord. */
  readonly chordCalls?: Pick<ChordCalls, 'canEnd' | 'canFail' | 'workflows'> | undefined;
}

/** Something to be called after a task. */
interface FollowUp {
  readonly signature: SignatureJson;
  readonly call: PartialCall;
  /** Tells what follows one task apart. */
  readonly position: string;
}

/** Sends what a message names to follow its task: callbacks, the next step of a chain, errbacks; workflows where they are some. */
export class FollowUps {
  readonly #deps: Pick<FollowUpDeps, 'chordCalls'>;
  readonly #workflows: WorkflowCalls;

  constructor({ chordCalls, ...deps }: FollowUpDeps) {
    this.#deps = { chordCalls };
    this.#workflows = chordCalls?.workflows ?? new WorkflowCalls(deps);
  }

  /**
   * Whether everything that may follow the task can be sent from here: queues have to be ours, and chords, those that follow and
   * the task's own, need a result store.
   */
  canSend(message: TaskMessage): boolean {
    const all = [...afterSuccess(message, null), ...afterFailure(message)];
    return all.every(({ signature, call }) => this.#workflows.canSend(signature, call)) && this.#canEndChords(message);
  }

  /** The task may be the last that a chord waits for. So may a step behind it, which fails with it. */
  #canEndChords(message: TaskMessage): boolean {
    const { chordCalls } = this.#deps;
    const { chord } = message.embed;
    const own = chord === null || (chordCalls?.canEnd(chord) ?? false);
    const lost = lostParts(message).flatMap((part) => part.chord ?? []);
    return own && lost.every((body) => chordCalls?.canFail(body) ?? false);
  }

  /**
   * After success: the callbacks and the next step of the chain, each with the result. They become children of the task, as its
   * result is stored.
   */
  async sendAfterSuccess(succeeded: Succeeded, result: unknown): Promise<void> {
    for (const { signature, call, position } of afterSuccess(succeeded.message, result)) {
      const sent = await this.#workflows.send(
        succeeded,
        signature,
        call,
        `${attemptSeed(succeeded.message)}:${position}`,
      );
      if (sent) succeeded.request.addChild(resultTuple(firstOf(sent)));
    }
  }

  /** After final failure: the errbacks, as a group, each with the id of the task that failed. */
  async sendAfterFailure(finished: Finished): Promise<void> {
    for (const { signature, call, position } of afterFailure(finished.message)) {
      await this.#workflows.send(finished, signature, call, `${attemptSeed(finished.message)}:${position}`);
    }
  }
}

function afterSuccess(message: TaskMessage, result: unknown): readonly FollowUp[] {
  const { callbacks, chain } = message.embed;
  const options = relatives(message);
  const called = callsOf(callbacks ?? []).map((signature, index) => {
    return { signature, call: { args: [result], options }, position: `callback:${index}` };
  });
  const next = chain?.at(-1);
  if (!next) return called;
  const call = { args: [result], options: { ...options, chain: chain?.slice(0, -1) } };
  return [...called, { signature: next, call, position: 'chain' }];
}

/** Several callbacks are a group, but for those that are groups themselves. */
function callsOf(callbacks: readonly SignatureJson[]): readonly SignatureJson[] {
  if (callbacks.length < 2) return callbacks;
  const groups = callbacks.filter(isGroup);
  const others = callbacks.filter((callback) => !isGroup(callback));
  return others.length > 0 ? [...groups, groupOf(others)] : groups;
}

function afterFailure(message: TaskMessage): readonly FollowUp[] {
  const { errbacks } = message.embed;
  if (!errbacks || errbacks.length === 0) return [];
  const call = { args: [message.headers.id], options: relatives(message) };
  return [{ signature: groupOf(errbacks), call, position: 'errbacks' }];
}

function relatives({ headers: { id, rootId } }: TaskMessage): Readonly<Record<string, unknown>> {
  return { parent_id: id, root_id: rootId };
}

/** Whether a message names anything to follow its task. */
export function hasFollowUps({ embed: { callbacks, errbacks, chain, chord } }: TaskMessage): boolean {
  return chord !== null || [callbacks, errbacks, chain].some((steps) => steps !== null && steps.length > 0);
}
