import { AsyncLocalStorage } from 'node:async_hooks';
import {
  MAX_DELAY_SECONDS,
  decodeMessage,
  encodeMessage,
  type Clock,
  type MessageSender,
  type QueueInfo,
  type QueueMessage,
  type TaskMessage,
} from '#celery';
import { TaskRequest, type Worker } from '#worker';
import type { SqsConnection } from '../../sqs-connection.js';
import { detachedDelivery } from '../detached-delivery.js';
import type { SentTasks } from '../sent-tasks.js';
import { eagerWorker } from './eager-worker.js';

/** What an eager sender is made of. */
export interface EagerSenderDeps {
  readonly connection: SqsConnection;
  readonly clock: Clock;
  /** Takes the tasks of others. */
  readonly sender: MessageSender;
  /** Takes what was sent and could not be run. */
  readonly queues: MessageSender;
  readonly sent: SentTasks;
  /** Celery's `task_eager_propagates`. */
  readonly propagates: boolean;
}

/** What one call of `send` brings about: the task, its retries, what follows it. */
interface EagerCall {
  /** The task that made the call. */
  readonly caller: TaskRequest | undefined;
  readonly failures: unknown[];
}

/** Celery's name of its own tasks: `celery.chord_unlock`, `celery.map`, … */
const BUILT_IN = /^celery\./;

/**
 * Runs tasks at once, instead of putting their messages on queues: Celery's `task_always_eager`. Only for tasks that the application
 * has; those of others are sent, as Celery's `send_task` does.
 */
export class EagerSender implements MessageSender {
  readonly #calls = new AsyncLocalStorage<EagerCall>();
  readonly #deps: EagerSenderDeps;
  #worker: Worker | undefined;

  constructor(deps: EagerSenderDeps) {
    this.#deps = deps;
    deps.connection.events.on('failed', ({ error }) => this.#calls.getStore()?.failures.push(error));
  }

  queue(name: string): QueueInfo | undefined {
    return this.#deps.sender.queue(name);
  }

  sendToArn(arn: string, source: QueueInfo, message: QueueMessage): Promise<void> {
    return this.#deps.sender.sendToArn(arn, source, message);
  }

  async send(queue: string, message: QueueMessage): Promise<void> {
    const { connection, sender, sent } = this.#deps;
    const decoded = decodeMessage(message.body, connection.opened.decode);
    if (decoded.kind !== 'task' || !this.#isOurs(decoded.message)) return sender.send(queue, message);
    sent.add(queue, message, connection);
    await this.#call(() => this.#run(decoded.message, queue, message));
  }

  #isOurs({ headers: { task } }: TaskMessage): boolean {
    return BUILT_IN.test(task) || this.#deps.connection.registry.get(task) !== undefined;
  }

  /** What the worker sends when a task has ended belongs to the call that brought it about; what a handler sends is one of its own. */
  async #call(run: () => Promise<void>): Promise<void> {
    const caller = TaskRequest.current();
    const current = this.#calls.getStore();
    if (current && current.caller === caller) return run();
    const call: EagerCall = { caller, failures: [] };
    await this.#calls.run(call, run);
    if (this.#deps.propagates && call.failures.length > 0) throw call.failures[0];
  }

  async #run(task: TaskMessage, queue: string, message: QueueMessage): Promise<void> {
    const { connection, clock, queues } = this.#deps;
    this.#worker ??= eagerWorker(connection, clock);
    const delivery = detachedDelivery(
      {
        queue: { name: queue, url: queues.queue(queue)?.url ?? '', fifo: false },
        body: encodeMessage(dueNow(task), { jsonTypes: connection.opened.options.jsonTypes }),
        messageId: task.headers.id,
        now: clock.now(),
        messageGroupId: message.messageGroupId,
        messageAttributes: message.messageAttributes,
      },
      // It could not be run here and now: as elsewhere, its queue keeps it.
      (delaySeconds) => queues.send(queue, isFifo(queue) ? message : delayed(message, delaySeconds)),
    );
    await this.#worker.handle(delivery);
  }
}

/** As Celery, an eager task does not wait for its `eta`. */
function dueNow(task: TaskMessage): TaskMessage {
  return { ...task, headers: { ...task.headers, eta: null } };
}

/** SQS's `DelaySeconds` end at 15 minutes. */
function delayed(message: QueueMessage, delaySeconds: number): QueueMessage {
  return { ...message, delaySeconds: Math.min(Math.ceil(delaySeconds), MAX_DELAY_SECONDS) };
}

function isFifo(queue: string): boolean {
  return queue.endsWith('.fifo');
}
