import { batchErrors, SqsError } from '../errors.js';
import type { Params } from '../protocol/params.js';
import type { Call, Output } from './operation.js';

const MAX_ENTRIES = 10;
const ID = /^[A-Za-z0-9_-]{1,80}$/;

/** One entry of a batch and what it is called in the answer. */
export interface Entry {
  readonly id: string;
  readonly params: Params;
}

/** Reads the entries of a batch and checks the rules that a batch must keep as a whole. */
export function readEntries(params: Params): Entry[] {
  const entries = (params.list('Entries') ?? []).map((entry) => ({ id: entry.string('Id') ?? '', params: entry }));
  if (entries.length === 0) throw batchErrors.empty();
  if (entries.length > MAX_ENTRIES) throw batchErrors.tooMany(entries.length);
  if (entries.some(({ id }) => !ID.test(id))) throw batchErrors.invalidId();
  if (new Set(entries.map(({ id }) => id)).size < entries.length) throw batchErrors.duplicateId();
  return entries;
}

/** Runs every entry for itself: one that fails is listed with its error, the others are done. */
export function runEntries<E extends Entry>(call: Call, entries: readonly E[], run: (entry: E) => Output): Output {
  const successful: Output[] = [];
  const failed: Output[] = [];
  for (const [index, entry] of entries.entries()) {
    try {
      const injected = call.failEntry(entry.id, index);
      if (injected !== undefined) throw injected;
      successful.push({ Id: entry.id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      failed.push(failure(entry.id, error));
    }
  }
  return { Successful: successful, Failed: failed.length === 0 ? undefined : failed };
}

function failure(id: string, error: SqsError): Output {
  const code = error.queryCode.replace('AWS.SimpleQueueService.', '');
  return { Id: id, SenderFault: error.senderFault, Code: code, Message: error.message };
}
