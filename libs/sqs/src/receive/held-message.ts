import type { Message } from '@aws-sdk/client-sqs';

import type { Delivery, MessageAttribute, MessageAttributes, QueueInfo, StandAsideOptions } from '#celery/ports';

import type { HeldLease } from '../lease/held-lease.js';

/** How far a held message has come. */
export type HeldState = 'waiting' | 'running' | 'aside' | 'acknowledging' | 'releasing' | 'settled';

/** What becomes of a message is done by its consumer. */
export interface Settlement {
  acknowledge(message: HeldMessage): Promise<void>;
  release(message: HeldMessage, delaySeconds: number): Promise<void>;
}

/** Whether a message has a slot is decided by its consumer too. */
export interface SlotKeeper {
  readonly mayStandAside: boolean;
  groupReceiveCount(message: HeldMessage): number;
  standAside(message: HeldMessage, until: Promise<void>): Promise<boolean>;
}

interface HeldMessageParts {
  readonly queue: QueueInfo;
  readonly message: Message;
  readonly lease: HeldLease;
  readonly receivedAt: number;
  readonly receiveCount: number;
  readonly unstartedReceives: number;
  readonly settlement: Settlement;
  readonly slots: SlotKeeper;
}

/** A received message, from its arrival until SQS confirmed its delete or its release. */
export class HeldMessage implements Delivery {
  state: HeldState = 'waiting';
  /** The delete, once it is asked for. */
  deletion: Promise<void> | undefined;
  /** The release, once it is asked for. */
  giveBack: Promise<void> | undefined;
  /** Set while it stands aside between two attempts: when it should be seen again where it is handed back. */
  handBackSeconds: (() => number) | undefined;
  readonly queue: QueueInfo;
  readonly messageId: string;
  readonly body: string;
  readonly receiveCount: number;
  readonly unstartedReceives: number;
  readonly sentAt: number;
  readonly firstReceivedAt: number;
  readonly receivedAt: number;
  readonly messageGroupId?: string;
  readonly messageDeduplicationId?: string;
  readonly messageAttributes: MessageAttributes;
  readonly deadLetterSourceArn?: string;
  readonly lease: HeldLease;
  readonly #settlement: Settlement;
  readonly #slots: SlotKeeper;

  constructor(parts: HeldMessageParts) {
    const { message } = parts;
    const system = message.Attributes ?? {};
    this.queue = parts.queue;
    this.lease = parts.lease;
    this.receivedAt = parts.receivedAt;
    this.receiveCount = parts.receiveCount;
    this.unstartedReceives = parts.unstartedReceives;
    this.#settlement = parts.settlement;
    this.#slots = parts.slots;
    this.messageId = message.MessageId ?? '';
    this.body = message.Body ?? '';
    this.sentAt = Number(system.SentTimestamp ?? 0);
    this.firstReceivedAt = Number(system.ApproximateFirstReceiveTimestamp ?? 0);
    if (system.MessageGroupId !== undefined) this.messageGroupId = system.MessageGroupId;
    if (system.MessageDeduplicationId !== undefined) this.messageDeduplicationId = system.MessageDeduplicationId;
    if (system.DeadLetterQueueSourceArn !== undefined) this.deadLetterSourceArn = system.DeadLetterQueueSourceArn;
    this.messageAttributes = readAttributes(message);
  }

  acknowledge(): Promise<void> {
    return this.#settlement.acknowledge(this);
  }

  release(delaySeconds: number): Promise<void> {
    return this.#settlement.release(this, delaySeconds);
  }

  /** Whether one more may stand aside without counting as running. */
  get mayStandAside(): boolean {
    return this.#slots.mayStandAside;
  }

  get groupReceiveCount(): number {
    return this.#slots.groupReceiveCount(this);
  }

  async standAside(until: Promise<void>, { handBackSeconds }: StandAsideOptions = {}): Promise<boolean> {
    this.handBackSeconds = handBackSeconds;
    const back = await this.#slots.standAside(this, until);
    if (back) this.handBackSeconds = undefined;
    return back;
  }
}

/** SQS's ApproximateReceiveCount; 1 from an endpoint that does not tell. */
export function receiveCountOf(message: Message): number {
  return Number(message.Attributes?.ApproximateReceiveCount ?? 1);
}

function readAttributes({ MessageAttributes: given }: Message): MessageAttributes {
  const attributes: Record<string, MessageAttribute> = {};
  // Celery's messages have none.
  if (!given) return attributes;
  for (const [name, value] of Object.entries(given)) {
    attributes[name] = {
      DataType: value.DataType ?? 'String',
      ...(value.StringValue === undefined ? {} : { StringValue: value.StringValue }),
      ...(value.BinaryValue === undefined ? {} : { BinaryValue: value.BinaryValue }),
    };
  }
  return attributes;
}
