import type { ReceiveEnd, RequestBegin, SqsAction, TransportEvents } from '../events.js';

/** What has been asked of one queue by one action, since the counting began: none of the figures ever becomes smaller. */
export interface RequestCount {
  /** Celery name; of a dead-letter queue that is only read, the ARN. */
  readonly queue: string;
  readonly action: SqsAction;
  /** Calls, whether they were answered or not. */
  readonly requests: number;
  /** Requests on the bill: each started 64 KB of payload is one, and each call at least one. */
  readonly billed: number;
  /** Messages that were sent, received, deleted, or whose visibility was changed. */
  readonly messages: number;
  /** Bytes of the messages that were sent or received: body and message attributes. */
  readonly bytes: number;
  /** Receives that were answered without a message. */
  readonly empty: number;
}

/** One request whose bill is known: most when they are sent, a `ReceiveMessage` when it has ended. */
export type BilledRequest = Pick<RequestCount, 'queue' | 'action' | 'billed' | 'messages' | 'bytes'>;

type Counts = { -readonly [Key in keyof RequestCount]: RequestCount[Key] };

/** SQS bills each started piece of this many bytes of a payload as a request. */
const billedPiece = 65_536;

/** Counts what SQS bills, by queue and action. */
export class RequestCounter implements Pick<TransportEvents, 'request' | 'receiveEnded'> {
  readonly #byQueue = new Map<string, Map<SqsAction, Counts>>();

  /** @param onBilled told of each request */
  constructor(private readonly onBilled: (request: BilledRequest) => void = () => {}) {}

  /** At once: a poll that is out, or is never answered, is a request as well. */
  request({ action, queue, entries, bytes }: RequestBegin): void {
    const counts = this.#countsOf(queue, action);
    const billed = billedRequests(bytes);
    const messages = action.endsWith('Batch') ? entries : 0;
    counts.requests += 1;
    counts.billed += billed;
    counts.messages += messages;
    counts.bytes += bytes;
    if (action !== 'ReceiveMessage') this.onBilled({ queue, action, billed, messages, bytes });
  }

  receiveEnded({ queue, answered, messages, bytes }: ReceiveEnd): void {
    const action = 'ReceiveMessage';
    const counts = this.#countsOf(queue, action);
    const billed = billedRequests(bytes);
    // The first was counted when it was sent.
    counts.billed += billed - 1;
    counts.messages += messages;
    counts.bytes += bytes;
    if (answered && messages === 0) counts.empty += 1;
    this.onBilled({ queue, action, billed, messages, bytes });
  }

  /** A copy of all counts: one for each queue and action that was used. */
  counts(): readonly RequestCount[] {
    return [...this.#byQueue.values()].flatMap((byAction) => [...byAction.values()].map((counts) => ({ ...counts })));
  }

  #countsOf(queue: string, action: SqsAction): Counts {
    const known = this.#byQueue.get(queue)?.get(action);
    if (known) return known;
    const counts: Counts = { queue, action, requests: 0, billed: 0, messages: 0, bytes: 0, empty: 0 };
    const byAction = this.#byQueue.get(queue) ?? new Map<SqsAction, Counts>();
    this.#byQueue.set(queue, byAction.set(action, counts));
    return counts;
  }
}

function billedRequests(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / billedPiece));
}
