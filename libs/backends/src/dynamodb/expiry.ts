import { number, numberOf, type Item, type ReadItem } from './item.js';

/**
 * When an item expires: to the millisecond in `expires_at`, and in whole seconds in `ttl`, Celery's attribute, by which DynamoDB
 * removes it, within days. Both are seconds since the epoch.
 *
 * @param seconds null: never
 */
export function expiryAttributes(nowMs: number, seconds: number | null): Item {
  if (seconds === null) return {};
  const expiresAt = nowMs / 1000 + seconds;
  return { expires_at: number(expiresAt), ttl: number(Math.ceil(expiresAt)) };
}

/** Whether it only waits for its removal. Python's items have the `ttl` alone. */
export function hasExpired(item: ReadItem, nowMs: number): boolean {
  const expiresAt = numberOf(item, 'expires_at') ?? numberOf(item, 'ttl');
  return expiresAt !== undefined && expiresAt <= nowMs / 1000;
}

/** The condition for an item that is there, as far as time is concerned; `:now` is {@link nowValue}. */
export const ALIVE = '(attribute_not_exists(#expires_at) OR #expires_at > :now)';

export function nowValue(nowMs: number): Item {
  return { ':now': number(nowMs / 1000) };
}
