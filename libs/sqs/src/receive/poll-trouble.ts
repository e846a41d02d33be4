import type { AwsFailure } from '../client/aws-failure.js';

/**
 * Why a queue is not polled as it should be:
 *
 * - `credentials`: there are none, they have expired, or AWS does not accept them (a wrong clock, too).
 * - `refused`: SQS says no for good: no permission, no such queue, a bad parameter.
 * - `throttled`: too many requests.
 * - `unreachable`: no answer: network, name, certificate, time-out.
 * - `failing`: an error of the service, or an answer that makes no sense.
 * - `stalled`: nobody asked although there was room; the poll was restarted.
 */
export type PollTrouble = 'credentials' | 'refused' | 'throttled' | 'unreachable' | 'failing' | 'stalled';

/** The code of a restart by the watchdog. */
export const stalledCode = 'PollStalled';
/** The code of an answer whose messages could never be deleted. */
export const unusableCode = 'UnusableAnswer';

const byCode: readonly (readonly [RegExp, PollTrouble])[] = [
  [new RegExp(`^${stalledCode}$`), 'stalled'],
  [/Throttl|TooManyRequests|SlowDown|RequestLimitExceeded/i, 'throttled'],
  [
    /Credentials|Token|UnrecognizedClient|Signature|InvalidAccessKeyId|InvalidSecurity|TooSkewed|RequestExpired/i,
    'credentials',
  ],
];
/** What Node, its HTTP parser and OpenSSL call their failures, and the time-outs. */
const network = /^E[A-Z_]+$|^ERR_|^HPE_|CERT|TIMED_OUT|^TimeoutError$|^AbortError$/;

/** Names the trouble that a failed poll shows. */
export function pollTrouble({ code, status }: AwsFailure): PollTrouble {
  const [, named] = byCode.find(([pattern]) => pattern.test(code)) ?? [];
  if (named) return named;
  if (status === 429) return 'throttled';
  if (status === undefined || status < 400) return network.test(code) ? 'unreachable' : 'failing';
  return status < 500 && status !== 408 ? 'refused' : 'failing';
}
