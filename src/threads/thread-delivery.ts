import type { Delivery } from '#celery';

/** What a thread is told of the delivery whose task it runs. */
export type ReceivedAs = Pick<Delivery, 'queue' | 'messageId' | 'receiveCount' | 'messageGroupId'>;

/** A delivery that another thread holds: what becomes of its message is decided there. */
export function deliveryElsewhere(received: ReceivedAs, signal: AbortSignal): Delivery {
  const elsewhere = (): Promise<never> => Promise.reject(new Error('The message is held by another thread.'));
  return {
    ...received,
    body: '',
    groupReceiveCount: received.receiveCount,
    unstartedReceives: 0,
    sentAt: 0,
    firstReceivedAt: 0,
    receivedAt: 0,
    messageAttributes: {},
    lease: { lost: false, signal, extendUntil: () => {} },
    mayStandAside: false,
    acknowledge: elsewhere,
    release: elsewhere,
    standAside: elsewhere,
  };
}
