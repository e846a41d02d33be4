import { invalidParameter, resourceNotFound } from '../errors.js';
import type { Queue } from '../queue/queue.js';
import type { MoveTask } from '../service/move-tasks.js';
import type { Service } from '../service/service.js';
import type { Operation, Output } from './operation.js';

export const startMessageMoveTask: Operation = (service, call) => {
  const source = queueByArn(service, call.params.required('SourceArn'));
  const destinationArn = call.params.string('DestinationArn');
  const destination = destinationArn === undefined ? undefined : queueByArn(service, destinationArn);
  const rate = call.params.integer('MaxNumberOfMessagesPerSecond', 1, 500);
  checkQueues(service, source, destination);
  return { TaskHandle: service.moveTasks.start(source, destination, rate).handle };
};

export const listMessageMoveTasks: Operation = (service, call) => {
  const source = queueByArn(service, call.params.required('SourceArn'));
  const max = call.params.integer('MaxResults', 1, 10) ?? 1;
  service.deadlines.runDue();
  return { Results: service.moveTasks.list(source).slice(0, max).map(describe) };
};

export const cancelMessageMoveTask: Operation = (service, call) => {
  const task = service.moveTasks.cancel(call.params.required('TaskHandle'));
  return { ApproximateNumberOfMessagesMoved: task.moved };
};

function queueByArn(service: Service, arn: string): Queue {
  const queue = service.directory.findByArn(arn);
  if (queue === undefined) throw resourceNotFound('The resource that you specified for the ARN does not exist.');
  return queue;
}

function checkQueues(service: Service, source: Queue, destination: Queue | undefined): void {
  const isTarget = (queue: Queue): boolean => queue.settings.RedrivePolicy?.deadLetterTargetArn === source.arn;
  if (!service.directory.all().some(isTarget)) {
    throw invalidParameter('SourceArn', 'Source queue must be configured as a Dead Letter Queue.');
  }
  if (destination === source) {
    throw invalidParameter('DestinationArn', 'Source queue and destination queue must not be the same.');
  }
  if (destination !== undefined && destination.fifo !== source.fifo) {
    throw invalidParameter('DestinationArn', 'Source and destination must be queues of the same type.');
  }
}

function describe(task: MoveTask): Output {
  return {
    TaskHandle: task.status === 'RUNNING' ? task.handle : undefined,
    Status: task.status,
    SourceArn: task.source.arn,
    DestinationArn: task.destination?.arn,
    MaxNumberOfMessagesPerSecond: task.rate,
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    FailureReason: task.failureReason,
    StartedTimestamp: task.startedAt,
  };
}
