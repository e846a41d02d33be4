import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type ChangeMessageVisibilityBatchCommandInput,
  type CreateQueueCommandInput,
  type DeleteMessageBatchCommandInput,
  type GetQueueAttributesCommandInput,
  type Message,
  type ReceiveMessageCommandInput,
  type SendMessageBatchCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';

import type { Clock } from '#celery/ports';

import { RequestTimedOutError } from '../errors/index.js';
import type { SqsAction, TransportEvents } from '../events.js';
import type { FailedEntry } from './aws-failure.js';

/** The answer of a batch: what was refused, by entry id. */
export interface BatchAnswer {
  readonly Failed?: readonly (FailedEntry & { readonly Id: string | undefined })[] | undefined;
}

/** How a request may end early. */
export interface CallLimits {
  /** Milliseconds after which the request counts as lost (default 15 000). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface HttpOptions {
  abortSignal?: AbortSignal;
}

/** The SDK and what it needs to be told of every request. */
export interface SqsApiDeps {
  readonly client: SQSClient;
  /** Binds a signal to a command input; without it the signal goes through the SDK's own option. */
  readonly bind?: (input: object, signal: AbortSignal) => void;
  readonly clock: Clock;
  readonly events: TransportEvents;
}

const defaultTimeoutMs = 15_000;

/** The SQS requests the transport makes: each counted, and each ends, by an answer or by its deadline. */
export class SqsApi {
  constructor(private readonly deps: SqsApiDeps) {}

  async receive(queue: string, input: ReceiveMessageCommandInput, limits: CallLimits): Promise<Message[]> {
    const call = this.#call('ReceiveMessage', queue, input, 1, limits, (options) =>
      this.deps.client.send(new ReceiveMessageCommand(input), options),
    );
    return (await call).Messages ?? [];
  }

  sendBatch(queue: string, input: SendMessageBatchCommandInput): Promise<BatchAnswer> {
    return this.#call('SendMessageBatch', queue, input, input.Entries?.length ?? 0, {}, (options) =>
      this.deps.client.send(new SendMessageBatchCommand(input), options),
    );
  }

  deleteBatch(queue: string, input: DeleteMessageBatchCommandInput): Promise<BatchAnswer> {
    return this.#call('DeleteMessageBatch', queue, input, input.Entries?.length ?? 0, {}, (options) =>
      this.deps.client.send(new DeleteMessageBatchCommand(input), options),
    );
  }

  changeVisibilityBatch(queue: string, input: ChangeMessageVisibilityBatchCommandInput): Promise<BatchAnswer> {
    return this.#call('ChangeMessageVisibilityBatch', queue, input, input.Entries?.length ?? 0, {}, (options) =>
      this.deps.client.send(new ChangeMessageVisibilityBatchCommand(input), options),
    );
  }

  async queueUrl(queue: string, sqsName: string): Promise<string> {
    const input = { QueueName: sqsName };
    const call = this.#call('GetQueueUrl', queue, input, 1, {}, (options) =>
      this.deps.client.send(new GetQueueUrlCommand(input), options),
    );
    return (await call).QueueUrl ?? '';
  }

  async createQueue(queue: string, input: CreateQueueCommandInput): Promise<string> {
    const call = this.#call('CreateQueue', queue, input, 1, {}, (options) =>
      this.deps.client.send(new CreateQueueCommand(input), options),
    );
    return (await call).QueueUrl ?? '';
  }

  async queueAttributes(
    queue: string,
    url: string,
    names: NonNullable<GetQueueAttributesCommandInput['AttributeNames']>,
  ): Promise<Partial<Record<string, string>>> {
    const input = { QueueUrl: url, AttributeNames: names };
    const call = this.#call('GetQueueAttributes', queue, input, 1, {}, (options) =>
      this.deps.client.send(new GetQueueAttributesCommand(input), options),
    );
    return (await call).Attributes ?? {};
  }

  async #call<Output>(
    action: SqsAction,
    queue: string,
    input: object,
    entries: number,
    limits: CallLimits,
    send: (options: HttpOptions | undefined) => Promise<Output>,
  ): Promise<Output> {
    this.deps.events.request?.({ action, queue, entries });
    const controller = new AbortController();
    const timeoutMs = limits.timeoutMs ?? defaultTimeoutMs;
    const timer = this.deps.clock.setTimeout(
      () => controller.abort(new RequestTimedOutError(action, timeoutMs)),
      timeoutMs,
    );
    const relay = (): void => controller.abort(limits.signal?.reason);
    if (limits.signal?.aborted) relay();
    limits.signal?.addEventListener('abort', relay, { once: true });
    try {
      return await orAborted(send(this.#options(input, controller.signal, limits)), controller.signal);
    } finally {
      timer.cancel();
      limits.signal?.removeEventListener('abort', relay);
    }
  }

  /** A client that is not ours keeps its cache as long as only polls, which may really be aborted, carry a signal. */
  #options(input: object, signal: AbortSignal, limits: CallLimits): HttpOptions | undefined {
    if (this.deps.bind) {
      this.deps.bind(input, signal);
      return undefined;
    }
    return limits.signal ? { abortSignal: signal } : undefined;
  }
}

/** A client that ignores its signal must not hold up a loop: the abort itself ends the wait. */
function orAborted<Output>(answer: Promise<Output>, signal: AbortSignal): Promise<Output> {
  return new Promise((resolve, reject) => {
    const aborted = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('The request was aborted.'));
    if (signal.aborted) aborted();
    signal.addEventListener('abort', aborted, { once: true });
    answer.then(resolve, reject);
  });
}
