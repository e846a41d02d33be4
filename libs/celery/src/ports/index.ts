export { SqsCeleryError } from '../errors/sqs-celery-error.js';
export type { ChordCount, ChordPart, ChordPartId, ChordResult, ChordStart, ChordStore } from './chord-store.js';
export { sleep, systemClock, type Clock, type Timer } from './clock.js';
export type { AcknowledgeOptions, Delivery, DeliveryHandler, Lease, StandAsideOptions } from './delivery.js';
export type { GroupStore } from './group-store.js';
export type { AttemptClaim, ClaimAnswer, IdempotencyStore } from './idempotency-store.js';
export type { Log } from './log.js';
export type { MessageSender, QueueMessage } from './message-sender.js';
export { MAX_DELAY_SECONDS, MAX_VISIBILITY_SECONDS, mayGoBack } from './receive-budget.js';
export type { MessageAttribute, MessageAttributes, QueueInfo, RedrivePolicy } from './queue.js';
export type {
  ExceptionInfo,
  ExtendedMeta,
  ResultStore,
  ResultSubscription,
  ResultTuple,
  TaskMeta,
} from './result-store.js';
export type { Revocation, RevocationStore } from './revocation-store.js';
