import { overLimit } from '../errors.js';
import { readId } from '../messages/new-message.js';
import type { Message } from '../queue/message.js';
import type { Queue, ReceivedMessage } from '../queue/queue.js';
import type { Service } from '../service/service.js';
import { queueOf, type Call, type Operation } from './operation.js';
import { describeMessage, readSelection } from './received-message.js';

/** How a receive is to be done. */
interface ReceiveRequest {
  readonly queue: Queue;
  readonly max: number;
  readonly visibilitySeconds: number;
  readonly waitSeconds: number;
  readonly attemptId: string | undefined;
}

export const receiveMessage: Operation = async (service, call) => {
  const request = readRequest(service, call);
  const selection = readSelection(call.params);
  const received = await receive(service, call, request);
  return received.length === 0 ? {} : { Messages: received.map((one) => describeMessage(one, selection)) };
};

function readRequest(service: Service, call: Call): ReceiveRequest {
  const queue = queueOf(service, call);
  const { params } = call;
  const { VisibilityTimeout, ReceiveMessageWaitTimeSeconds } = queue.settings;
  return {
    queue,
    max: params.integer('MaxNumberOfMessages', 1, 10) ?? 1,
    visibilitySeconds: params.integer('VisibilityTimeout', 0, 43_200) ?? VisibilityTimeout,
    waitSeconds: params.integer('WaitTimeSeconds', 0, 20) ?? ReceiveMessageWaitTimeSeconds,
    attemptId: queue.fifo ? readId(params, 'ReceiveRequestAttemptId') : undefined,
  };
}

async function receive(service: Service, call: Call, request: ReceiveRequest): Promise<readonly ReceivedMessage[]> {
  const { queue, attemptId, waitSeconds } = request;
  const repeated = attemptId === undefined ? [] : repeat(queue, attemptId, request.visibilitySeconds);
  if (repeated.length > 0) return repeated;
  checkQuota(service, request);
  const attempt = (): ReceivedMessage[] => take(service, request);
  let received = attempt();
  if (received.length === 0 && waitSeconds > 0) {
    const onParked = (): void => call.park();
    const onResumed = (): void => call.resume();
    received = await queue.waiters.park({
      waitMs: waitSeconds * 1000,
      signal: call.signal,
      attempt,
      onParked,
      onResumed,
    });
  }
  if (attemptId !== undefined && received.length > 0) queue.attempts.set(attemptId, received);
  return received;
}

/** Too many messages in flight are an error on a standard queue and a short poll only. */
function checkQuota(service: Service, { queue, waitSeconds }: ReceiveRequest): void {
  if (queue.fifo || waitSeconds > 0 || room(service, queue) > 0) return;
  throw overLimit(`The queue has the maximum of ${service.options.inFlightQuota} messages in flight.`);
}

function room(service: Service, queue: Queue): number {
  return service.options.inFlightQuota - queue.messages.inFlight;
}

/** Hands out what there is; messages that were received too often go to the dead-letter queue on the way. */
function take(service: Service, { queue, max, visibilitySeconds }: ReceiveRequest): ReceivedMessage[] {
  const limit = Math.min(max, room(service, queue));
  if (limit <= 0) return [];
  for (;;) {
    const candidates = queue.peek(limit);
    if (!redrive(service, queue, candidates))
      return candidates.map((message) => queue.receive(message, visibilitySeconds));
  }
}

/** Moves the exhausted ones of `candidates` away and tells whether there were any. */
function redrive(service: Service, queue: Queue, candidates: readonly Message[]): boolean {
  const policy = queue.settings.RedrivePolicy;
  const target = policy && service.directory.findByArn(policy.deadLetterTargetArn);
  // Without its target, or being that itself, the queue goes on delivering.
  if (policy === undefined || target === undefined || target === queue) return false;
  const exhausted = candidates.filter((message) => message.receiveCount >= policy.maxReceiveCount);
  for (const message of exhausted) {
    queue.messages.remove(message);
    target.adopt(message, queue.arn);
  }
  return exhausted.length > 0;
}

/**
 * The answer to an earlier request with the same `ReceiveRequestAttemptId`, hidden anew, as long as all of its messages
 * are still in flight and none was deleted or had its visibility changed.
 */
function repeat(queue: Queue, attemptId: string, visibilitySeconds: number): readonly ReceivedMessage[] {
  const earlier = queue.attempts.get(attemptId) ?? [];
  const intact = earlier.every(({ message, changes }) => {
    return queue.messages.get(message.id) === message && message.state === 'inFlight' && message.changes === changes;
  });
  if (!intact) return [];
  for (const { message } of earlier) queue.messages.hide(message, visibilitySeconds * 1000);
  return earlier;
}
