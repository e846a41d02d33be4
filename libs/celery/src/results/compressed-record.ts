import { DecodeError } from '../errors/serialization-errors.js';
import { loadCompressor } from '../serialization/index.js';

/** What stands before a record that Celery (from 5.7, `result_compression`) has compressed, and before its content type's end. */
export const COMPRESSED_MAGIC = '\0celery-compressed\0';

/** Most that a compressed record may hold. */
const MAX_BYTES = 67_108_864;

/** Whether a record, read as text, is a compressed one. */
export function isCompressedRecord(text: string): boolean {
  return text.startsWith(COMPRESSED_MAGIC);
}

/**
 * The text of a compressed record. Its compression needs not be configured: the record says which it is.
 *
 * @throws DecodeError @throws UnsupportedCompressionError naming the package to install
 */
export async function decompressRecord(bytes: Uint8Array): Promise<string> {
  const start = COMPRESSED_MAGIC.length;
  const end = bytes.indexOf(0, start);
  if (end < 0) throw new DecodeError('A compressed result does not say how it is compressed');
  const contentType = Buffer.from(bytes.subarray(start, end)).toString('latin1');
  const compressor = await loadCompressor(contentType);
  return Buffer.from(compressor.decompress(bytes.subarray(end + 1), MAX_BYTES)).toString('utf8');
}
