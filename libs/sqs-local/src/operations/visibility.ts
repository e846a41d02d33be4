import { invalidParameter, messageNotInflight, missingParameter, receiptHandleIsInvalid } from '../errors.js';
import type { Params } from '../protocol/params.js';
import type { Message } from '../queue/message.js';
import type { Queue } from '../queue/queue.js';
import type { Service } from '../service/service.js';
import { readEntries, runEntries } from './batch.js';
import { queueOf, type Operation, type Output } from './operation.js';

/** 12 hours: the longest a message can be in flight after one receive. */
const MAX_SECONDS = 43_200;

export const changeMessageVisibility: Operation = (service, call) =>
  change(service, queueOf(service, call), call.params);

export const changeMessageVisibilityBatch: Operation = (service, call) => {
  const queue = queueOf(service, call);
  return runEntries(call, readEntries(call.params), (entry) => change(service, queue, entry.params));
};

function change(service: Service, queue: Queue, params: Params): Output {
  const handle = params.required('ReceiptHandle');
  const seconds = params.integer('VisibilityTimeout', 0, MAX_SECONDS);
  if (seconds === undefined) throw missingParameter('VisibilityTimeout');
  const message = findInFlight(queue, handle);
  const heldSeconds = Math.floor((service.deadlines.now() - message.receivedAt) / 1000);
  if (heldSeconds + seconds > MAX_SECONDS) {
    throw invalidParameter(
      'VisibilityTimeout',
      `Total VisibilityTimeout for the message is beyond the limit [${MAX_SECONDS} seconds].`,
    );
  }
  message.changes++;
  queue.messages.hide(message, seconds * 1000);
  return {};
}

function findInFlight(queue: Queue, handle: string): Message {
  const found = queue.find(handle);
  if (found === 'foreign') throw receiptHandleIsInvalid();
  if (found === undefined || !found.latest) {
    throw invalidParameter(
      'ReceiptHandle',
      'Message does not exist or is not available for visibility timeout change.',
    );
  }
  if (found.message.state !== 'inFlight') throw messageNotInflight();
  return found.message;
}
