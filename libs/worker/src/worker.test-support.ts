import { MemoryResultStore } from '#backends';
import {
  createTaskMessage,
  encodeMessage,
  systemClock,
  type Clock,
  type Delivery,
  type Lease,
  type MessageAttributes,
  type MessageSender,
  type PublishOptions,
  type QueueInfo,
  type QueueMessage,
  type ResultStore,
  type StandAsideOptions,
  type TaskMessage,
  type TaskPublisher,
} from '#celery';
import { WorkerEvents, type WorkerEvent, type WorkerEventMap } from './events.js';
import { resolveTaskOptions, type TaskOptions } from './task-options.js';
import { TaskRegistry } from './task-registry.js';
import type { TaskRequest } from './task-request.js';
import { Worker, type WorkerDeps, type WorkerOptions, type WorkerStores } from './worker.js';

export const STANDARD: QueueInfo = {
  name: 'celery',
  url: 'http://127.0.0.1/000000000000/celery',
  fifo: false,
  visibilityTimeout: 30,
};
export const FIFO: QueueInfo = { name: 'orders.fifo', url: 'http://127.0.0.1/000000000000/orders.fifo', fifo: true };
export const DEAD_LETTERS = 'arn:aws:sqs:us-east-1:000000000000:dead';

export function withRedrive(queue: QueueInfo, maxReceiveCount: number): QueueInfo {
  return { ...queue, redrivePolicy: { deadLetterTargetArn: DEAD_LETTERS, maxReceiveCount } };
}

function defaults() {
  return {
    queue: STANDARD,
    body: '',
    receiveCount: 1,
    firstReceivedAt: Date.now(),
    receivedAt: performance.now(),
    unstartedReceives: 0,
    messageAttributes: {} as MessageAttributes,
  };
}

/** A delivery that writes down what is done with it. */
export class RecordedDelivery implements Delivery {
  readonly actions: string[];
  readonly messageId = 'message-1';
  readonly sentAt = Date.now();
  readonly firstReceivedAt: number;
  readonly receivedAt: number;
  readonly controller = new AbortController();
  readonly lease: Lease;
  readonly queue: QueueInfo;
  readonly body: string;
  readonly receiveCount: number;
  readonly unstartedReceives: number;
  readonly messageAttributes: MessageAttributes;
  readonly messageGroupId?: string;
  mayStandAside = true;
  groupReceiveCount: number;
  failAcknowledge: Error | undefined;

  constructor(
    init: Partial<
      Pick<
        Delivery,
        | 'queue'
        | 'body'
        | 'receiveCount'
        | 'unstartedReceives'
        | 'firstReceivedAt'
        | 'receivedAt'
        | 'groupReceiveCount'
        | 'messageAttributes'
        | 'messageGroupId'
      >
    > = {},
    actions: string[] = [],
  ) {
    this.actions = actions;
    const given = { ...defaults(), ...init };
    this.queue = given.queue;
    this.body = given.body;
    this.receiveCount = given.receiveCount;
    this.firstReceivedAt = given.firstReceivedAt;
    this.receivedAt = given.receivedAt;
    this.groupReceiveCount = init.groupReceiveCount ?? given.receiveCount;
    this.unstartedReceives = given.unstartedReceives;
    this.messageAttributes = given.messageAttributes;
    if (init.messageGroupId !== undefined) this.messageGroupId = init.messageGroupId;
    const { controller } = this;
    this.lease = {
      get lost() {
        return controller.signal.aborted;
      },
      signal: controller.signal,
      extendUntil: (): void => undefined,
    };
  }

  acknowledge(): Promise<void> {
    this.actions.push('acknowledge');
    return this.failAcknowledge ? Promise.reject(this.failAcknowledge) : Promise.resolve();
  }

  release(delaySeconds: number): Promise<void> {
    this.actions.push(`release ${delaySeconds}`);
    return Promise.resolve();
  }

  async standAside(until: Promise<void>, options?: StandAsideOptions): Promise<boolean> {
    const seconds = options?.handBackSeconds?.();
    this.actions.push(seconds === undefined ? 'stand aside' : `stand aside ${seconds}`);
    await until;
    return !this.lease.lost;
  }
}

/** A sender and publisher that write down what is sent. */
export class RecordedSender implements MessageSender, TaskPublisher {
  readonly sent: { queue: string; message: QueueMessage }[] = [];
  readonly published: { message: TaskMessage; options: PublishOptions | undefined }[] = [];
  fail: Error | undefined;
  failOnce: Error | undefined;

  constructor(readonly actions: string[] = []) {}

  queue(name: string): QueueInfo | undefined {
    return [STANDARD, FIFO].find((queue) => queue.name === name);
  }

  send(queue: string, message: QueueMessage): Promise<void> {
    return this.#record(`send to ${queue}`, () => this.sent.push({ queue, message }));
  }

  sendToArn(arn: string, _source: QueueInfo, message: QueueMessage): Promise<void> {
    return this.#record(`send to ${arn}`, () => this.sent.push({ queue: arn, message }));
  }

  publish(message: TaskMessage, options?: PublishOptions): Promise<void> {
    const queue = message.properties.deliveryInfo.routingKey;
    return this.#record(`publish to ${queue}`, () => this.published.push({ message, options }));
  }

  #record(action: string, record: () => void): Promise<void> {
    const failure = this.fail ?? this.failOnce;
    this.failOnce = undefined;
    if (failure) return Promise.reject(failure);
    this.actions.push(action);
    record();
    return Promise.resolve();
  }
}

export interface Recorded {
  readonly event: WorkerEvent;
  readonly payload: WorkerEventMap[WorkerEvent];
}

const ALL_EVENTS: WorkerEvent[] = [
  'received',
  'started',
  'succeeded',
  'retried',
  'failed',
  'softTimeLimit',
  'timeLimit',
  'zombie',
  'replaced',
  'ignored',
  'rejected',
  'expired',
  'parked',
  'revoked',
  'postponed',
  'duplicate',
  'chordFailed',
  'storeFailed',
  'hookFailed',
  'rawReceived',
  'rawHandled',
  'leaseLost',
  'notMine',
  'poison',
  'settleFailed',
];

/** A worker with one task, whose every action on messages is written down in order. */
export class Bench {
  readonly actions: string[] = [];
  readonly sender = new RecordedSender(this.actions);
  readonly recorded: Recorded[] = [];
  readonly events = new WorkerEvents((error) => {
    throw error;
  });
  readonly registry = new TaskRegistry();
  readonly worker: Worker;

  constructor({
    clock = systemClock,
    options = {},
    stores = {},
    route = ({ queue }) => ({ queue: queue ?? STANDARD.name }),
  }: { clock?: Clock; options?: WorkerOptions; stores?: WorkerStores; route?: WorkerDeps['route'] } = {}) {
    for (const event of ALL_EVENTS) this.events.on(event, (payload) => this.recorded.push({ event, payload }));
    this.worker = new Worker({
      registry: this.registry,
      publisher: this.sender,
      sender: this.sender,
      clock,
      events: this.events,
      hostname: 'celery@test',
      route,
      stores,
      options,
    });
  }

  /** Registers `name`. */
  task(name: string, run: (request: TaskRequest) => unknown, options: TaskOptions = {}): this {
    this.registry.add({ name, options: resolveTaskOptions(options), run: async (request) => run(request) });
    return this;
  }

  delivery(init: ConstructorParameters<typeof RecordedDelivery>[0]): RecordedDelivery {
    return new RecordedDelivery(init, this.actions);
  }

  /** Hands a message to the worker and waits until it is settled. */
  async handle(init: ConstructorParameters<typeof RecordedDelivery>[0]): Promise<RecordedDelivery> {
    const delivery = this.delivery(init);
    await this.worker.handle(delivery);
    return delivery;
  }

  names(): string[] {
    return this.recorded.map(({ event }) => event);
  }

  /** The payload of the only `event`. */
  payload<Event extends WorkerEvent>(event: Event): WorkerEventMap[Event] {
    const found = this.recorded.filter((one) => one.event === event);
    if (found.length !== 1) throw new Error(`${found.length} events '${event}' among ${this.names().join(', ')}`);
    return found[0]?.payload as WorkerEventMap[Event];
  }
}

/** The body of a task message. */
export function body(spec: Partial<Parameters<typeof createTaskMessage>[0]> = {}): string {
  return encodeMessage(
    createTaskMessage({ task: 'do', queue: 'celery', origin: 'gen1@test', now: Date.now(), ...spec }),
  );
}

/** A result store in memory that counts no parts of chords. */
export function uncounted(): ResultStore {
  const all = new MemoryResultStore();
  return {
    store: (meta) => all.store(meta),
    get: (taskId) => all.get(taskId),
    forget: (taskId) => all.forget(taskId),
    close: () => all.close(),
  };
}
