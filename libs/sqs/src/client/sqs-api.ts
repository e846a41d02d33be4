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
import type { RequestBegin, SqsAction, TransportEvents } from '../events.js';
import { sendsThrough, type SendInput, type Sends } from './abortable-client.js';
import { batchFailure, receivedMessages, withUnanswered, type BatchAnswer, type ReceivedMessages } from './answers.js';
import { KeyRenewal } from './credentials.js';
import type { RequestEnd } from './request-end.js';
import { StormGate } from './storm-gate.js';
import { tell } from './tell.js';
import { untilAnswered } from './until-answered.js';

export type { BatchAnswer } from './answers.js';

/** How a request may end early. */
export interface CallLimits {
  /** Milliseconds after which the request counts as lost (default 15 000). */
  readonly timeoutMs?: number;
  readonly end?: RequestEnd;
}

/** The SDK and what it needs to be told of every request. */
export interface SqsApiDeps {
  readonly client: SQSClient;
  /** How its commands are sent (default: through `client.send`). */
  readonly sends?: Sends;
  readonly clock: Clock;
  readonly events: TransportEvents;
}

const defaultTimeoutMs = 15_000;

/** The SQS requests the transport makes: each counted, and each ends, by an answer or by its deadline. */
export class SqsApi {
  readonly #gates = new Map<string, StormGate>();
  readonly #keys: KeyRenewal;
  readonly #send: ReturnType<typeof sendsOfAll>;

  constructor(private readonly deps: SqsApiDeps) {
    this.#keys = new KeyRenewal(deps.client, deps.clock);
    this.#send = sendsOfAll(deps.sends ?? sendsThrough(deps.client));
  }

  async receive(queue: string, input: ReceiveMessageCommandInput, limits: CallLimits): Promise<ReceivedMessages> {
    const request = single('ReceiveMessage', queue);
    let received: ReceivedMessages | undefined;
    try {
      received = receivedMessages((await this.#call(request, this.#send.receive, input, limits)).Messages);
      return received;
    } finally {
      tell(() => this.deps.events.receiveEnded?.(receiveEnd(queue, received)));
    }
  }

  /** @param bytes of all its messages, as SQS counts them */
  async sendBatch(queue: string, input: SendMessageBatchCommandInput, bytes: number): Promise<BatchAnswer> {
    const ids = entryIds(input);
    const request: RequestBegin = { action: 'SendMessageBatch', queue, entries: ids.length, bytes };
    return withUnanswered(await this.#call(request, this.#send.sendBatch, input), ids);
  }

  deleteBatch(queue: string, input: DeleteMessageBatchCommandInput): Promise<BatchAnswer> {
    return this.#gated('DeleteMessageBatch', queue, this.#send.deleteBatch, input);
  }

  changeVisibilityBatch(queue: string, input: ChangeMessageVisibilityBatchCommandInput): Promise<BatchAnswer> {
    return this.#gated('ChangeMessageVisibilityBatch', queue, this.#send.changeVisibilityBatch, input);
  }

  async queueUrl(queue: string, sqsName: string): Promise<string> {
    const request = single('GetQueueUrl', queue);
    return (await this.#call(request, this.#send.queueUrl, { QueueName: sqsName })).QueueUrl ?? '';
  }

  async createQueue(queue: string, input: CreateQueueCommandInput): Promise<string> {
    const request = single('CreateQueue', queue);
    return (await this.#call(request, this.#send.createQueue, input)).QueueUrl ?? '';
  }

  async queueAttributes(
    queue: string,
    url: string,
    names: NonNullable<GetQueueAttributesCommandInput['AttributeNames']>,
  ): Promise<Partial<Record<string, string>>> {
    const request = single('GetQueueAttributes', queue);
    const input = { QueueUrl: url, AttributeNames: names };
    return (await this.#call(request, this.#send.queueAttributes, input)).Attributes ?? {};
  }

  /** A batch that is repeated for as long as messages are held: at most once a second while nothing else comes of it. */
  async #gated<Input extends BatchInput>(
    action: SqsAction,
    queue: string,
    send: SendInput<Input, BatchAnswer>,
    input: Input,
  ): Promise<BatchAnswer> {
    const gate = this.#gate(`${action} ${queue}`);
    gate.enter();
    try {
      const ids = entryIds(input);
      const answer = withUnanswered(
        await this.#call({ action, queue, entries: ids.length, bytes: 0 }, send, input),
        ids,
      );
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

  async #call<Input, Output>(
    request: RequestBegin,
    send: SendInput<Input, Output>,
    input: Input,
    { end, timeoutMs = defaultTimeoutMs }: CallLimits = {},
  ): Promise<Output> {
    const { clock, events } = this.deps;
    tell(() => events.request?.(request));
    try {
      return await untilAnswered((ended) => send(input, ended), {
        clock,
        timeoutMs,
        timedOut: () => new RequestTimedOutError(request.action, timeoutMs),
        end,
      });
    } catch (reason) {
      const error = asError(reason);
      this.#keys.after(error);
      throw error;
    }
  }
}

interface BatchInput {
  readonly Entries: readonly { readonly Id: string | undefined }[] | undefined;
}

/** A request that is no batch, and sends no message. */
function single(action: SqsAction, queue: string): RequestBegin {
  return { action, queue, entries: 1, bytes: 0 };
}

function entryIds({ Entries = [] }: BatchInput): readonly (string | undefined)[] {
  return Entries.map((entry) => entry.Id);
}

function sendsOfAll(sends: Sends) {
  return {
    receive: sends(ReceiveMessageCommand),
    sendBatch: sends(SendMessageBatchCommand),
    deleteBatch: sends(DeleteMessageBatchCommand),
    changeVisibilityBatch: sends(ChangeMessageVisibilityBatchCommand),
    queueUrl: sends(GetQueueUrlCommand),
    createQueue: sends(CreateQueueCommand),
    queueAttributes: sends(GetQueueAttributesCommand),
  };
}

/** A handler or a source of credentials of the application's may fail with anything. */
function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  return typeof reason === 'string' ? new Error(reason) : Object.assign(new Error('UnknownError'), reason);
}
