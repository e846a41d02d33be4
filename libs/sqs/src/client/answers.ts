import type { Message } from '@aws-sdk/client-sqs';

import { EntryRefused, entryFailure, type FailedEntry } from './aws-failure.js';

/** The answer of a batch: what was refused, by entry id. */
export interface BatchAnswer {
  readonly Failed?: readonly (FailedEntry & { readonly Id: string | undefined })[] | undefined;
}

interface WholeBatchAnswer extends BatchAnswer {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined;
}

/** A message that can be settled: it has an id and a receipt handle. */
export type SettleableMessage = Message & { readonly MessageId: string; readonly ReceiptHandle: string };

/** What a ReceiveMessage brought. */
export interface ReceivedMessages {
  readonly messages: readonly SettleableMessage[];
  /** Entries that could never be deleted, as they lack an id or a receipt handle. */
  readonly unusable: number;
}

/**
 * Reads the messages of an answer. A message that is in it twice is taken once, with its last handle: SQS deletes by the most
 * recent one.
 */
export function receivedMessages(messages: unknown): ReceivedMessages {
  if (messages === undefined || messages === null) return { messages: [], unusable: 0 };
  if (!Array.isArray(messages)) return { messages: [], unusable: 1 };
  const entries: readonly unknown[] = messages;
  const usable = entries.filter(isSettleable);
  // A map keeps the place of the first and the value of the last.
  const byId = new Map(usable.map((message) => [message.MessageId, message]));
  return { messages: [...byId.values()], unusable: entries.length - usable.length };
}

/**
 * An answer that does not name an entry at all (an empty body, somebody else's JSON) has not confirmed it: it counts as failed,
 * and may be asked for again.
 */
export function withUnanswered(answer: WholeBatchAnswer, ids: readonly (string | undefined)[]): BatchAnswer {
  const failed = [...(answer.Failed ?? [])];
  const named = new Set([...failed, ...(answer.Successful ?? [])].map((entry) => entry.Id));
  for (const Id of ids) {
    if (!named.has(Id)) failed.push({ Id, Code: 'Unanswered', Message: notNamed, SenderFault: false });
  }
  return { Failed: failed };
}

/** Why a batch counts as one more failed request of a storm: nothing in it succeeded, and not by the entries' own fault. */
export function batchFailure({ Failed = [] }: BatchAnswer, entries: number): EntryRefused | undefined {
  const [first] = Failed;
  if (!first || Failed.length < entries) return undefined;
  return Failed.every((entry) => entryFailure(entry).transient) ? new EntryRefused(entryFailure(first)) : undefined;
}

const notNamed = 'The answer does not say what became of this entry.';

function isSettleable(message: unknown): message is SettleableMessage {
  if (typeof message !== 'object' || message === null) return false;
  return isFilled(Reflect.get(message, 'MessageId')) && isFilled(Reflect.get(message, 'ReceiptHandle'));
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
