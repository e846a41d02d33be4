import { randomUUID } from 'node:crypto';
import {
  InvalidTaskError,
  chordStartOf,
  chordsOf,
  expandChunks,
  firstOf,
  planCanvas,
  readSignature,
  resultTuple,
  routedCall,
  signatureMessage,
  wireOptions,
  textOption,
  type CanvasPlan,
  type ChordStart,
  type PublishOptions,
  type ResultStore,
  type SignatureJson,
  type SignatureOptions,
  type TaskMessage,
} from '#celery';
import { partialCall, type CanvasOptions } from './canvas-options.js';
import { resultOf } from './canvas-results.js';
import type { MemberResult } from './group-result.js';
import type { ParentTask, ProducerDeps } from './producer.js';

/** What sending a workflow needs beside sending a task. */
export interface CanvasDeps {
  /** Where chords are counted. Without one they are refused. */
  readonly results: ResultStore | undefined;
  /** What the sender takes from a task's own options where a signature does not say it. */
  readonly defaultsOf: (task: string) => SignatureOptions;
}

/** A step of sending: messages that may go out together, or something to be told to the store between them. */
type Step =
  | { readonly kind: 'publish'; readonly messages: readonly Prepared[] }
  | { readonly kind: 'start'; readonly groupId: string; readonly start: ChordStart };

interface Prepared {
  readonly message: TaskMessage;
  readonly options: PublishOptions;
}

/** Sends signatures of any kind: Celery's `signature.apply_async`. */
export class CanvasSender {
  readonly #deps: ProducerDeps & CanvasDeps;

  constructor(deps: ProducerDeps & CanvasDeps) {
    this.#deps = deps;
  }

  /** Resolves once SQS has accepted all messages. Nothing is sent where one of them cannot be made. */
  async send(given: SignatureJson, canvasOptions: CanvasOptions): Promise<MemberResult> {
    const signature = checked(given);
    const { results, backend, currentTask } = this.#deps;
    const call = partialCall(signature.task, canvasOptions);
    const plan = planCanvas(expandChunks(signature), { ...call, newId: randomUUID, chords: chordsOf(results) });
    const parent = currentTask?.();
    const steps = this.#steps(plan, parent);
    for (const step of steps) await this.#take(step);
    parent?.addChild?.(resultTuple(firstOf(plan.result)));
    return resultOf(plan.result, backend, ignoredIn(steps));
  }

  #steps({ actions }: CanvasPlan, parent: ParentTask | undefined): readonly Step[] {
    const steps: Step[] = [];
    for (const action of actions) {
      const last = steps.at(-1);
      if (action.kind !== 'publish')
        steps.push({ kind: 'start', groupId: action.groupId, start: chordStartOf(action) });
      else {
        const messages = [this.#prepare(action.signature, parent)];
        if (last?.kind !== 'publish') steps.push({ kind: 'publish', messages });
        else steps.splice(-1, 1, { kind: 'publish', messages: [...last.messages, ...messages] });
      }
    }
    checkDeduplication(steps);
    return steps;
  }

  async #take(step: Step): Promise<void> {
    const { publisher, results } = this.#deps;
    if (step.kind === 'start') return results?.chords?.start?.(step.groupId, step.start);
    const sent = await Promise.allSettled(
      step.messages.map(({ message, options }) => publisher.publish(message, options)),
    );
    const failed = sent.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #prepare(planned: SignatureJson, parent: ParentTask | undefined): Prepared {
    const { route, defaultsOf, clock, origin, argsreprMaxsize } = this.#deps;
    const { task } = planned;
    // The poll for a chord's end is nobody's own task: what expired would leave the chord waiting.
    const defaults = task === 'celery.chord_unlock' ? {} : wireOptions(task, defaultsOf(task));
    const options = { ...defaults, ...planned.options };
    const { queue, priority } = route(routedCall({ ...planned, options }));
    const { MessageGroupId, MessageDeduplicationId, ...sent } = options;
    const message = signatureMessage(
      { ...planned, options: { ...sent, queue, ...(priority !== undefined && { priority }) } },
      {
        args: [],
        id: randomUUID(),
        queue,
        origin,
        now: clock.now(),
        rootId: textOption(options['root_id']) ?? parent?.rootId,
        parentId: textOption(options['parent_id']) ?? parent?.id,
        argsreprMaxsize,
      },
    );
    const messageGroupId = textOption(MessageGroupId);
    const messageDeduplicationId = textOption(MessageDeduplicationId);
    return {
      message,
      options: {
        ...(messageGroupId !== undefined && { messageGroupId }),
        ...(messageDeduplicationId !== undefined && { messageDeduplicationId }),
      },
    };
  }
}

/** Ids of the tasks whose senders want no result. */
function ignoredIn(steps: readonly Step[]): ReadonlySet<string> {
  const messages = steps.flatMap((step) => (step.kind === 'publish' ? step.messages : []));
  return new Set(messages.flatMap(({ message: { headers } }) => (headers.ignoreResult ? [headers.id] : [])));
}

function checked(given: SignatureJson): SignatureJson {
  const signature = readSignature(given);
  if (!signature) throw new InvalidTaskError('send: what is sent must be a task or a signature');
  return signature;
}

/** SQS would take the first of them only, and a workflow would wait for the others for ever. */
function checkDeduplication(steps: readonly Step[]): void {
  const ids = steps
    .flatMap((step) => (step.kind === 'publish' ? step.messages : []))
    .flatMap(({ options }) => options.messageDeduplicationId ?? []);
  if (new Set(ids).size === ids.length) return;
  throw new InvalidTaskError(
    'send: tasks of one workflow must not share a deduplicationId: SQS would drop all but one',
  );
}
