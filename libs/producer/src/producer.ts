import {
  InvalidTaskError,
  createTaskMessage,
  type Clock,
  type Embed,
  type ResultTuple,
  type Routed,
  type RoutedCall,
  type SignatureJson,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';
import type { ResultBackend } from './async-result-backend.js';
import { AsyncResult } from './async-result.js';
import type { CanvasOptions } from './canvas-options.js';
import { CanvasSender, type CanvasDeps } from './canvas-sender.js';
import type { GroupResult } from './group-result.js';
import { SEND_OPTIONS, type FromArguments, type SendOptions } from './send-options.js';

/** The task in whose handler another one is sent. */
export interface ParentTask {
  readonly id: string;
  readonly rootId: string;
  /** Told of each task that was sent (Celery's `add_trail`). */
  addChild?(child: ResultTuple): void;
}

export interface ProducerDeps {
  readonly publisher: TaskPublisher;
  readonly clock: Clock;
  /** Node name of the sender, `gen<pid>@<host>`. */
  readonly origin: string;
  /** Where a call goes. Throws for a queue that is not configured. */
  readonly route: (call: RoutedCall) => Routed;
  /** The task that is running here, if any: new tasks become its children. */
  readonly currentTask?: () => ParentTask | undefined;
  /** Where the results of what is sent are asked for. Default: nowhere. */
  readonly backend?: ResultBackend;
  /** Longest `argsrepr` and `kwargsrepr`; 0 leaves them out. Default: 1024, as Celery. */
  readonly argsreprMaxsize?: number;
}

/** Sends tasks: Celery's `send_task`. */
export class Producer {
  readonly #deps: ProducerDeps;

  constructor(deps: ProducerDeps) {
    this.#deps = deps;
  }

  /**
   * Sends one task; resolves once SQS has accepted it.
   * @throws (rejects) InvalidTaskError for options no worker could honour, EncodeError for arguments that cannot be carried,
   * and the transport's typed errors
   */
  async send<Result = unknown>(task: string, options: SendOptions = {}): Promise<AsyncResult<Result>> {
    checkNames(task, options);
    const { args = [], kwargs = {} } = options;
    const { publisher, route, currentTask, backend } = this.#deps;
    const parent = currentTask?.();
    const { queue, priority } = options;
    const routed = route({ name: task, args, kwargs, queue, priority });
    const message = this.#message(task, routed, options, parent);
    const messageGroupId = fromArguments(options.groupId, args, kwargs);
    const messageDeduplicationId = fromArguments(options.deduplicationId, args, kwargs);
    await publisher.publish(message, {
      ...(messageGroupId !== undefined && { messageGroupId }),
      ...(messageDeduplicationId !== undefined && { messageDeduplicationId }),
      ...(options.messageAttributes && { messageAttributes: options.messageAttributes }),
    });
    const result = new AsyncResult<Result>(message.headers.id, { task, backend, ignored: options.ignoreResult });
    parent?.addChild?.(result.asTuple());
    return result;
  }

  /**
   * Sends a signature of any kind; resolves once SQS has accepted all its messages.
   * @throws (rejects) what {@link send} does; InvalidTaskError for a chord where there is no result backend
   */
  async sendSignature(
    signature: SignatureJson,
    options: CanvasOptions,
    deps: CanvasDeps,
  ): Promise<AsyncResult | GroupResult> {
    return new CanvasSender({ ...this.#deps, ...deps }).send(signature, options);
  }

  #message(
    task: string,
    { queue, priority }: Routed,
    options: SendOptions,
    parent: ParentTask | undefined,
  ): TaskMessage {
    const { clock, origin, argsreprMaxsize } = this.#deps;
    return createTaskMessage({
      task,
      queue,
      origin,
      now: clock.now(),
      args: options.args,
      kwargs: options.kwargs,
      id: options.taskId,
      countdown: options.countdown,
      eta: options.eta,
      expires: options.expires,
      priority,
      headers: options.headers,
      shadow: options.shadow,
      ignoreResult: options.ignoreResult,
      timelimit: [options.timeLimit ?? null, options.softTimeLimit ?? null],
      rootId: options.rootId ?? parent?.rootId,
      parentId: options.parentId ?? parent?.id,
      embed: embedOf(options.link, options.linkError),
      argsreprMaxsize,
    });
  }
}

/** An option that is misspelt would be ignored in silence. */
function checkNames(task: string, options: SendOptions): void {
  const unknown = Object.keys(options).filter((name) => !SEND_OPTIONS.has(name));
  if (unknown.length === 0) return;
  const known = [...SEND_OPTIONS].join(', ');
  throw new InvalidTaskError(`Sending ${task}: '${unknown.join("', '")}' is not an option of send; known are ${known}`);
}

function embedOf(link: SendOptions['link'], linkError: SendOptions['linkError']): Embed {
  return { callbacks: listOf(link), errbacks: listOf(linkError), chain: null, chord: null };
}

function listOf(signatures: SignatureJson | readonly SignatureJson[] | undefined): SignatureJson[] | null {
  return signatures === undefined ? null : [signatures].flat();
}

function fromArguments(
  id: FromArguments<readonly unknown[], Record<string, unknown>> | undefined,
  args: readonly unknown[],
  kwargs: Record<string, unknown>,
): string | undefined {
  return typeof id === 'function' ? id(args, kwargs) : id;
}
