import { invalidParameter, receiptHandleIsInvalid } from '../errors.js';
import type { Params } from '../protocol/params.js';
import type { Queue } from '../queue/queue.js';
import { readEntries, runEntries } from './batch.js';
import { queueOf, type Operation, type Output } from './operation.js';

export const deleteMessage: Operation = (service, call) => remove(queueOf(service, call), call.params);

export const deleteMessageBatch: Operation = (service, call) => {
  const queue = queueOf(service, call);
  return runEntries(call, readEntries(call.params), (entry) => remove(queue, entry.params));
};

/**
 * Deletes by the newest receipt handle. An older one, or that of a message which is gone, succeeds and does nothing. On
 * a standard queue the newest handle still works after the visibility timeout; on a FIFO queue it has expired then.
 */
function remove(queue: Queue, params: Params): Output {
  const found = queue.find(params.required('ReceiptHandle'));
  if (found === 'foreign') throw receiptHandleIsInvalid();
  if (found === undefined) return {};
  const { message, latest } = found;
  if (queue.fifo && (!latest || message.state !== 'inFlight')) {
    throw invalidParameter('ReceiptHandle', 'The receipt handle has expired.');
  }
  if (latest) queue.messages.remove(message);
  return {};
}
