import { decodeJson, encodeJson, type JsonTypes, type TaskMessage } from '#celery';
import type { TaskRequest, TaskRequestInit } from '#worker';
import type { ReceivedAs } from './thread-delivery.js';
import type { CallText } from './thread-messages.js';

/** What a thread needs to know of a run; the signal and the states are its own. */
export interface ThreadCall extends Pick<TaskRequestInit, 'message' | 'retries' | 'maxRetries' | 'hostname'> {
  readonly received: ReceivedAs;
}

/** A run, as the text that crosses to its thread. */
export function encodeCall(request: TaskRequest, types?: JsonTypes): CallText {
  const { retries, maxRetries, hostname } = request;
  const { message, delivery } = request.received;
  const { args, kwargs, embed, ...rest } = message;
  const { queue, messageId, receiveCount, messageGroupId } = delivery;
  const received = { queue, messageId, receiveCount, messageGroupId };
  return {
    body: encodeJson([args, kwargs, embed], types),
    head: encodeJson({ message: rest, received, retries, maxRetries, hostname }, types),
  };
}

/** @throws DecodeError for types that are registered in the other thread only */
export function decodeCall({ body, head }: CallText, types?: JsonTypes): ThreadCall {
  const [args, kwargs, embed] = decodeJson(body, types) as [
    TaskMessage['args'],
    TaskMessage['kwargs'],
    TaskMessage['embed'],
  ];
  const call = decodeJson(head, types) as ThreadCall;
  return { ...call, message: { ...call.message, args, kwargs, embed } };
}
