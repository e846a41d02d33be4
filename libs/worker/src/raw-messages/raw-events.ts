import type { Delivery } from '#celery';
import type { QuarantineAction } from '../events.js';
import type { RawMessageRequest } from './raw-message-request.js';
import type { RawVerdict } from './raw-outcome.js';

/** How one attempt at a message that is not Celery's ended, and what became of the message. */
export type RawOutcome =
  /** Handled and deleted. */
  | { readonly kind: 'succeeded'; readonly runtimeSeconds: number }
  | Extract<RawVerdict, { kind: 'ignored' | 'retried' | 'failed' }>
  /** Refused by its handler (`Reject`). */
  | (Extract<RawVerdict, { kind: 'rejected' }> & { readonly action: QuarantineAction })
  /** Given up: no further receive would help, or there is none left. */
  | (Extract<RawVerdict, { kind: 'exhausted' }> & { readonly action: QuarantineAction })
  /** Another consumer may have the message: nothing of this attempt was kept. */
  | { readonly kind: 'leaseLost'; readonly reason: unknown };

/** What a worker reports of messages that are not Celery's. */
export interface RawMessageEventMap {
  /** A message was received and its handler is about to be called. */
  rawReceived: { readonly request: RawMessageRequest };
  /** The handler has ended, or was not called again, and the message is settled. */
  rawHandled: { readonly request: RawMessageRequest; readonly outcome: RawOutcome };
  /** Deleting failed after the message was handled: it comes back and is handled again. */
  settleFailed: { readonly delivery: Delivery; readonly error: unknown };
}

/** Where they are reported; a `WorkerEvents` is one. */
export interface RawMessageEvents {
  emit<Event extends keyof RawMessageEventMap>(event: Event, payload: RawMessageEventMap[Event]): void;
}
