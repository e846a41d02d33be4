import type {
  Delivery,
  EventBridgeEnvelope,
  ForeignContent,
  ForeignFormat,
  MessageAttributes,
  SnsEnvelope,
} from '#celery';
import { RunningContext } from '../running-context.js';

const context = new RunningContext<RawMessageRequest>();

/**
 * A message that is not Celery's, while it is handled: what {@link TaskRequest} is for a task. One object for everybody who asks
 * during one execution (`@RawMessageContext()`, `REQUEST`, `RawMessageRequest.from(executionContext)`,
 * `RawMessageRequest.current()`).
 */
export class RawMessageRequest {
  /** Celery name of the queue the message was received from. */
  readonly queue: string;
  /** SQS's MessageId: the same at every receive. */
  readonly messageId: string;
  /** SQS's ApproximateReceiveCount, from 1. */
  readonly receiveCount: number;
  /** SQS's MessageGroupId, where the message has one. */
  readonly messageGroupId: string | undefined;
  /** What the message was wrapped in. */
  readonly envelope: ForeignFormat;
  /** What SNS says of the message; only of a notification without raw message delivery. */
  readonly sns: SnsEnvelope | undefined;
  /** What EventBridge says of the event; only of an event. */
  readonly eventBridge: EventBridgeEnvelope | undefined;
  /** SQS's message attributes, and those an SNS notification carries, in SQS's shape. */
  readonly messageAttributes: MessageAttributes;
  /** What the handler's parameter receives before its pipes: parsed JSON, or text; SNS's `Message`, EventBridge's `detail`. */
  readonly payload: unknown;
  /** The message body as it came. */
  readonly body: string;
  readonly #lease: Delivery['lease'];

  constructor(delivery: Delivery, content: ForeignContent) {
    this.queue = delivery.queue.name;
    this.messageId = delivery.messageId;
    this.receiveCount = delivery.receiveCount;
    this.messageGroupId = delivery.messageGroupId;
    this.envelope = content.format;
    this.sns = content.sns;
    this.eventBridge = content.eventBridge;
    this.messageAttributes = { ...delivery.messageAttributes, ...content.messageAttributes };
    this.payload = content.payload;
    this.body = delivery.body;
    this.#lease = delivery.lease;
  }

  /** Aborted when the lease of the message is lost, or when the worker shuts down and its patience is over. */
  get signal(): AbortSignal {
    // Most handlers do not look at it, and a lease makes it when it is asked.
    return this.#lease.signal;
  }

  /** Whether SQS delivered the message before: it may have been handled before, which is not to say that it has. */
  get redelivered(): boolean {
    return this.receiveCount > 1;
  }

  /**
   * The message that is handled in this asynchronous context. Undefined outside of handlers, and in work that a handler left behind
   * when it ended.
   */
  static current(): RawMessageRequest | undefined {
    return context.current;
  }

  /** The message behind an `ExecutionContext` of Nest, or undefined for tasks, HTTP and other transports. */
  static from(context: { getArgs(): unknown[] }): RawMessageRequest | undefined {
    return context.getArgs().find((argument) => argument instanceof RawMessageRequest);
  }

  /** Runs `callback` for this message: {@link RawMessageRequest.current} answers it until the promise it returns is settled. */
  run<Result>(callback: () => Result): Result {
    return context.run(this, callback);
  }
}
