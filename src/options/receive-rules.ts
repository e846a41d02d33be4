import { whole, type OptionRules } from './option-rules.js';
import type { ReceiveOptions } from './queue-options.js';

/** The same for one queue and for all of them. */
export const receiveRules: OptionRules<ReceiveOptions> = {
  concurrency: whole(1),
  groupConcurrency: whole(1),
  prefetch: whole(0),
  waitTimeSeconds: whole(0, 20, 'seconds'),
  lease: whole(1, 43_200, 'seconds'),
  ackLingerMs: whole(0, 60_000, 'milliseconds'),
  maxBlockedMs: whole(1000, undefined, 'milliseconds'),
};
