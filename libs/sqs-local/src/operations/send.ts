import { batchErrors, SqsError } from '../errors.js';
import { md5, md5OfAttributes } from '../messages/md5.js';
import { messageSize, readSubmission, type Submission } from '../messages/new-message.js';
import type { Message, NewMessage } from '../queue/message.js';
import type { Queue } from '../queue/queue.js';
import { readEntries, runEntries, type Entry } from './batch.js';
import { queueOf, type Operation, type Output } from './operation.js';

const MAX_BATCH_BYTES = 1_048_576;

export const sendMessage: Operation = (service, call) => {
  const queue = queueOf(service, call);
  return send(queue, readSubmission(call.params, queue));
};

export const sendMessageBatch: Operation = (service, call) => {
  const queue = queueOf(service, call);
  const entries = readEntries(call.params).map((entry) => prepare(queue, entry));
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes > MAX_BATCH_BYTES) throw batchErrors.tooLong(bytes);
  return runEntries(call, entries, ({ submission }) => {
    if (submission instanceof SqsError) throw submission;
    return send(queue, submission);
  });
};

interface PreparedEntry extends Entry {
  readonly submission: Submission | SqsError;
  readonly bytes: number;
}

/** Reads one entry; its own error waits until it is its turn, since the size of the whole comes first. */
function prepare(queue: Queue, entry: Entry): PreparedEntry {
  try {
    const submission = readSubmission(entry.params, queue);
    return { ...entry, submission, bytes: messageSize(submission.message) };
  } catch (error) {
    if (!(error instanceof SqsError)) throw error;
    return { ...entry, submission: error, bytes: Buffer.byteLength(entry.params.string('MessageBody') ?? '') };
  }
}

function send(queue: Queue, { message, delaySeconds }: Submission): Output {
  const accepted = accept(queue, message, delaySeconds ?? queue.settings.DelaySeconds);
  // Digests of what was sent, also when it is a duplicate of something else: clients compare them with their own.
  return {
    MessageId: accepted.id,
    MD5OfMessageBody: accepted.body === message.body ? accepted.bodyMd5 : md5(message.body),
    MD5OfMessageAttributes: md5OfAttributes(message.attributes),
    MD5OfMessageSystemAttributes: md5OfTraceHeader(message),
    SequenceNumber: accepted.sequenceNumber,
  };
}

/** The message that is in the queue now: a new one, or on a FIFO queue the one sent in the last five minutes. */
function accept(queue: Queue, message: NewMessage, delaySeconds: number): Message {
  if (!queue.fifo) return queue.put(message, delaySeconds);
  const scope = queue.settings.DeduplicationScope === 'messageGroup' ? message.groupId : '';
  const key = `${scope} ${message.deduplicationId}`;
  const known = queue.deduplication.get(key);
  if (known !== undefined) return known;
  const accepted = queue.put(message, delaySeconds);
  queue.deduplication.set(key, accepted);
  return accepted;
}

function md5OfTraceHeader({ traceHeader }: NewMessage): string | undefined {
  if (traceHeader === undefined) return undefined;
  return md5OfAttributes(new Map([['AWSTraceHeader', { dataType: 'String', value: traceHeader }]]));
}
