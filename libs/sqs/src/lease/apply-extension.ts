import { extensionRefusal } from './extension-refusal.js';
import type { LeaseRecord } from './held-lease.js';
import { retryAt } from './lease-plan.js';

/** What came of asking for a longer lease. */
export interface ExtensionAnswer {
  /** When it was asked for: the new lease began then at the earliest. */
  readonly askedAt: number;
  readonly seconds: number;
  /** Why it was refused, or why the request failed; undefined: confirmed. */
  readonly refusal: unknown;
  readonly now: number;
}

/** Writes the answer down. False: the message is no longer ours. */
export function applyExtension(record: LeaseRecord, answer: ExtensionAnswer): boolean {
  if (answer.refusal === undefined) {
    grant(record, answer.askedAt, answer.seconds);
    return true;
  }
  const verdict = extensionRefusal(answer.refusal);
  if (verdict === 'spent') record.extensionSeconds = 0;
  if (verdict === 'retry') record.retryAt = retryAt(record, answer.now);
  return verdict !== 'gone';
}

/** In an order in which a reader in another thread never sees an end before both the old and the new one. */
function grant(record: LeaseRecord, grantedAt: number, seconds: number): void {
  if (seconds >= record.seconds) record.seconds = seconds;
  record.grantedAt = grantedAt;
  record.seconds = seconds;
  record.retryAt = 0;
}
