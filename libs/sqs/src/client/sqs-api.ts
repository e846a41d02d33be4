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
  type ReceiveMessageCommandInput,
  type SendMessageBatchCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';

import type { Clock } from '#celery/ports';

import { receiveEnd } from '../costs/payload-bytes.js';
import { RequestTimedOutError } from '../errors/index.js';
import type { SqsAction, TransportEvents } from '../events.js';
import { batchFailure, receivedMessages, withUnanswered, type BatchAnswer, type ReceivedMessages } from './answers.js';
import { KeyRenewal } from './credentials.js';
import { StormGate } from './storm-gate.js';
import { tell } from './tell.js';

export type { BatchAnswer } from './answers.js';

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
  readonly #gates = new Map<string, StormGate>();
  readonly #keys: KeyRenewal;

  constructor(private readonly deps: SqsApiDeps) {
    this.#keys = new KeyRenewal(deps.client, deps.clock);
  }

  async receive(queue: string, input: ReceiveMessageCommandInput, limits: CallLimits): Promise<ReceivedMessages> {
    const call = this.#call('ReceiveMessage', queue, input, 1, limits, (options) =>
      this.deps.client.send(new ReceiveMessageCommand(input), options),
    );
    let received: ReceivedMessages | undefined;
    try {
      received = receivedMessages((await call).Messages);
      return received;
    } finally {
      tell(() => this.deps.events.receiveEnded?.(receiveEnd(queue, received)));
    }
  }

  /** @param bytes of all its messages, as SQS counts them */
  async sendBatch(queue: string, input: SendMessageBatchCommandInput, bytes: number): Promise<BatchAnswer> {
    const ids = (input.Entries ?? []).map((entry) => entry.Id);
    const send = (options: HttpOptions | undefined) =>
      this.deps.client.send(new SendMessageBatchCommand(input), options);
    const call = this.#call('SendMessageBatch', queue, input, ids.length, {}, send, bytes);
    return withUnanswered(await call, ids);
  }

  deleteBatch(queue: string, input: DeleteMessageBatchCommandInput): Promise<BatchAnswer> {
    const ids = (input.Entries ?? []).map((entry) => entry.Id);
    return this.#gated('DeleteMessageBatch', queue, input, ids, (options) =>
      this.deps.client.send(new DeleteMessageBatchCommand(input), options),
    );
  }

  changeVisibilityBatch(queue: string, input: ChangeMessageVisibilityBatchCommandInput): Promise<BatchAnswer> {
    const ids = (input.Entries ?? []).map((entry) => entry.Id);
    return this.#gated('ChangeMessageVisibilityBatch', queue, input, ids, (options) =>
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

  /** A batch that is repeated for as long as messages are held: at most once a second while nothing else comes of it. */
  async #gated(
    action: SqsAction,
    queue: string,
    input: object,
    ids: readonly (string | undefined)[],
    send: (options: HttpOptions | undefined) => Promise<BatchAnswer>,
  ): Promise<BatchAnswer> {
    const gate = this.#gate(`${action} ${queue}`);
    gate.enter();
    try {
      const answer = withUnanswered(await this.#call(action, queue, input, ids.length, {}, send), ids);
      const failure = batchFailure(answer, ids.length);
      if (failure) gate.failed(failure);
      else gate.succeeded();
      return answer;
    } catch (error) {
      gate.failed(error);
      throw error;
    }
  }

  #gate(of: string): StormGate {
    const gate = this.#gates.get(of) ?? new StormGate(this.deps.clock);
    this.#gates.set(of, gate);
    return gate;
  }

  async #call<Output>(
    action: SqsAction,
    queue: string,
    input: object,
    entries: number,
    limits: CallLimits,
    send: (options: HttpOptions | undefined) => Promise<Output>,
    bytes = 0,
  ): Promise<Output> {
    tell(() => this.deps.events.request?.({ action, queue, entries, bytes }));
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
      return await orAborted(send(this.#options(input, controller.signal)), controller.signal);
    } catch (error) {
      this.#keys.after(error);
      throw error;
    } finally {
      timer.cancel();
      limits.signal?.removeEventListener('abort', relay);
    }
  }

  /** Every request can be aborted: one that hangs for ever would keep its socket, and a client has no end of them. */
  #options(input: object, signal: AbortSignal): HttpOptions | undefined {
    if (!this.deps.bind) return { abortSignal: signal };
    this.deps.bind(input, signal);
    return undefined;
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
