import { awsFailure, EntryRefused } from '../client/aws-failure.js';

/**
 * What a refused extension means: the message is no longer ours (`gone`), SQS's twelve hours are used up but the present lease
 * holds (`spent`), or the call merely failed (`retry`).
 */
export type ExtensionRefusal = 'gone' | 'spent' | 'retry';

const goneCodes = /^(ReceiptHandleIsInvalid|MessageNotInflight|InvalidParameterValue)$/;

/** Reads why a visibility timeout was not changed: SQS refused this entry, or the whole request failed. */
export function extensionRefusal(reason: unknown): ExtensionRefusal {
  const { code, message } = awsFailure(reason);
  if (code === 'QueueDoesNotExist') return 'gone';
  if (!(reason instanceof EntryRefused) || !goneCodes.test(code)) return 'retry';
  // The same code stands for an expired handle and for more than twelve hours in all.
  return /total visibility\s?timeout/i.test(message) ? 'spent' : 'gone';
}
