import type { Delivery, QueueInfo, TaskMessage } from '#celery';

/** How a task's message came to its dead-letter queue, as far as that matters to its result. */
export type Death =
  /** SQS moved it: its workers received it too often without an outcome. */
  | { readonly kind: 'lost'; readonly receives: number; readonly looks: number }
  /** A worker moved it, as nobody here can continue its workflow; nothing was stored then. */
  | { readonly kind: 'givenUp'; readonly detail: string; readonly looks: number }
  /** A worker moved it and stored what there was to store. */
  | { readonly kind: 'settled' }
  /** It came from a queue of somebody else's who shares the dead-letter queue. */
  | { readonly kind: 'foreign' };

/** Reasons of ours (`CeleryReason`) with which no result was stored although nobody will run the task. */
const WITHOUT_RESULT: ReadonlySet<string | undefined> = new Set(['Workflow']);

/**
 * How the letter died. `looks` is how often it has been received since, this receive included: SQS counts on from what it was
 * received on the queue it comes from.
 * @param sources the queues of this worker that have this dead-letter queue
 */
export function deathOf(letter: Delivery, message: TaskMessage, sources: readonly QueueInfo[]): Death {
  const { deadLetterSourceArn: arn, messageAttributes, receiveCount } = letter;
  // A letter that was redriven and died again still has the attributes of its first death: SQS's word comes first.
  const reason = arn === undefined ? messageAttributes['CeleryReason']?.StringValue : undefined;
  if (reason !== undefined) {
    if (!WITHOUT_RESULT.has(reason)) return { kind: 'settled' };
    return { kind: 'givenUp', detail: messageAttributes['CeleryError']?.StringValue ?? reason, looks: receiveCount };
  }
  const source = arn === undefined ? likelySource(message, sources) : sources.find((queue) => isAt(arn, queue));
  return source ? lost(receiveCount, source) : { kind: 'foreign' };
}

function likelySource({ properties }: TaskMessage, sources: readonly QueueInfo[]): QueueInfo | undefined {
  return sources.find(({ name }) => name === properties.deliveryInfo.routingKey) ?? sources[0];
}

/** A dead-letter queue takes from queues of its own account and region only: there the name is enough. */
function isAt(arn: string, { url }: QueueInfo): boolean {
  return arn.split(':').at(-1) === url.split('/').at(-1);
}

/** An endpoint that starts the count again when it moves a message tells its looks alone. */
function lost(receiveCount: number, { redrivePolicy }: QueueInfo): Death {
  const receives = redrivePolicy?.maxReceiveCount ?? 0;
  return { kind: 'lost', receives, looks: receiveCount > receives ? receiveCount - receives : receiveCount };
}
