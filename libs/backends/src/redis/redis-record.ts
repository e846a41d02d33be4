import { decompressRecord, isCompressedRecord } from '#celery';
import type { SendCommand } from './redis-client.js';
import { runScript } from './redis-script.js';
import { READ_BYTES } from './result-scripts.js';

/**
 * The text of a record, decompressed where Python has compressed it (Celery 5.7, `result_compression`); undefined: none.
 * @throws BackendError @throws DecodeError @throws UnsupportedCompressionError
 */
export async function readRecord(send: SendCommand, key: string): Promise<string | undefined> {
  const text = await send(['GET', key]);
  if (typeof text !== 'string') return undefined;
  return isCompressedRecord(text) ? readCompressed(send, key) : text;
}

async function readCompressed(send: SendCommand, key: string): Promise<string | undefined> {
  const hex = await runScript(send, READ_BYTES, [key], []);
  if (typeof hex !== 'string') return undefined;
  const bytes = Buffer.from(hex, 'hex');
  // It may have been overwritten in between, by one that is not compressed.
  return isCompressedRecord(bytes.toString('latin1')) ? decompressRecord(bytes) : bytes.toString('utf8');
}
