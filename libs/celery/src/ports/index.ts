export { SqsCeleryError } from '../errors/sqs-celery-error.js';
export { sleep, systemClock, type Clock, type Timer } from './clock.js';
export type { Delivery, DeliveryHandler, Lease } from './delivery.js';
export type { Log } from './log.js';
export type { MessageSender, QueueMessage } from './message-sender.js';
export { MAX_DELAY_SECONDS, MAX_VISIBILITY_SECONDS, mayGoBack } from './receive-budget.js';
export type { MessageAttribute, MessageAttributes, QueueInfo, RedrivePolicy } from './queue.js';
