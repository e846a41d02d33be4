import type { Clock } from '#celery/ports';

import { RequestEnd } from './request-end.js';

/** What ends a request that is not answered. */
export interface RequestLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What the request fails with when its time is over. */
  readonly timedOut: () => Error;
  /** Ends it from outside, and knows nothing of its time. */
  readonly end?: RequestEnd | undefined;
}

/**
 * Makes a request that ends: by its answer, when its time is over, or when `end` is aborted, and then at once, even where the
 * client ignores that it was told. It leaves neither a timer nor a listener behind.
 */
export function untilAnswered<Output>(
  send: (end: RequestEnd) => Promise<Output>,
  { clock, timeoutMs, timedOut, end }: RequestLimits,
): Promise<Output> {
  return new Promise((resolve, reject) => {
    // Every request can be aborted: one that hangs for ever would keep its socket, and a client has no end of them.
    const request = new RequestEnd();
    const give = (reason: unknown): void => {
      leave();
      request.abort(reason);
      reject(reason instanceof Error ? reason : new Error('The request was aborted.'));
    };
    const timer = clock.setTimeout(() => give(timedOut()), timeoutMs);
    const leave = (): void => {
      timer.cancel();
      if (end) end.onabort = null;
    };
    if (end?.aborted) return give(end.reason);
    if (end) end.onabort = () => give(end.reason);
    send(request).finally(leave).then(resolve, reject);
  });
}
