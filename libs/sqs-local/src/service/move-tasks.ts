import { randomUUID } from 'node:crypto';
import { resourceNotFound, unsupportedOperation } from '../errors.js';
import type { Message } from '../queue/message.js';
import type { Queue } from '../queue/queue.js';
import type { Service } from './service.js';

/** Messages that a task without a rate of its own moves in one step. */
const DEFAULT_STEP = 500;
/** The tasks of a source that are remembered. */
const REMEMBERED = 10;

/** A message-move task: takes the messages of a dead-letter queue back to where they came from, or elsewhere. */
export interface MoveTask {
  readonly handle: string;
  readonly source: Queue;
  /** `undefined`: the queue that each message came from. */
  readonly destination: Queue | undefined;
  /** Messages per second; `undefined`: as fast as possible. */
  readonly rate: number | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly toMove: number;
  moved: number;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  failureReason?: string;
}

/** The message-move tasks of an endpoint, newest first. They move what is visible; a task ends when nothing visible is left. */
export class MoveTasks {
  private readonly tasks: MoveTask[] = [];

  constructor(private readonly service: Service) {}

  start(source: Queue, destination: Queue | undefined, rate: number | undefined): MoveTask {
    if (this.list(source).some((task) => task.status === 'RUNNING')) {
      throw unsupportedOperation(
        'There is already a task running. Only one active task is allowed for a source queue.',
      );
    }
    const toMove = source.count().visible;
    const startedAt = this.service.now();
    const task: MoveTask = {
      handle: randomUUID(),
      source,
      destination,
      rate,
      startedAt,
      toMove,
      moved: 0,
      status: 'RUNNING',
    };
    this.tasks.unshift(task);
    this.forgetOld(source);
    this.next(task, 0);
    return task;
  }

  list(source: Queue): MoveTask[] {
    return this.tasks.filter((task) => task.source === source);
  }

  cancel(handle: string): MoveTask {
    const task = this.tasks.find((known) => known.handle === handle);
    if (task === undefined || task.status !== 'RUNNING')
      throw resourceNotFound('The task does not exist or is not running.');
    task.status = 'CANCELLED';
    return task;
  }

  private forgetOld(source: Queue): void {
    for (const task of this.list(source).slice(REMEMBERED)) this.tasks.splice(this.tasks.indexOf(task), 1);
  }

  private next(task: MoveTask, delayMs: number): void {
    const { deadlines } = this.service;
    deadlines.schedule(deadlines.now() + delayMs, () => this.step(task));
  }

  private step(task: MoveTask): void {
    if (task.status !== 'RUNNING') return;
    const messages = task.source.peek(task.rate ?? DEFAULT_STEP);
    for (const message of messages) {
      const destination = task.destination ?? this.origin(message);
      if (destination === undefined || destination === task.source) return fail(task, 'CouldNotDetermineMessageSource');
      move(task, message, destination);
    }
    if (messages.length === 0) task.status = 'COMPLETED';
    else this.next(task, task.rate === undefined ? 0 : 1000);
  }

  private origin(message: Message): Queue | undefined {
    const arn = message.deadLetterSourceArn;
    return arn === undefined ? undefined : this.service.directory.findByArn(arn);
  }
}

/** To SQS a redriven message is a new one, with an id, a time and a receive count of its own. */
function move(task: MoveTask, message: Message, destination: Queue): void {
  const { body, attributes, traceHeader, groupId, deduplicationId } = message;
  task.source.messages.remove(message);
  destination.put({ body, attributes, traceHeader, groupId, deduplicationId }, 0);
  task.moved++;
}

function fail(task: MoveTask, reason: string): void {
  task.status = 'FAILED';
  task.failureReason = reason;
}
