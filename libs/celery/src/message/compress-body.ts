import { UnsupportedCompressionError } from '../errors/serialization-errors.js';
import { builtinCompressors, type Compressor, type Compressors } from '../serialization/index.js';

/** The body of a message, compressed or not. */
export interface Payload {
  readonly bytes: Buffer;
  /** MIME type; undefined where the bytes are the body itself. */
  readonly compression: string | undefined;
}

interface Wanted {
  readonly compression?: string | undefined;
}

/**
 * Compresses a body as the application asks for, else as the message came in: what arrived compressed may be too large for SQS
 * without. A compression that cannot be written here gives way to zlib, which every Celery reads.
 *
 * @throws UnsupportedCompressionError where the application asks for one that is not available
 */
export function compressed(
  body: Buffer,
  message: Wanted,
  { compression, compressors = builtinCompressors }: Wanted & { readonly compressors?: Compressors },
): Payload {
  if (compression !== undefined) return compressedWith(compressors.require(compression), body);
  if (message.compression === undefined) return { bytes: body, compression: undefined };
  return (
    asReceived(body, compressors.get(message.compression)) ?? compressedWith(builtinCompressors.require('zlib'), body)
  );
}

function asReceived(body: Buffer, compressor: Compressor | undefined): Payload | undefined {
  try {
    return compressor && compressedWith(compressor, body);
  } catch (error) {
    if (error instanceof UnsupportedCompressionError) return undefined;
    throw error;
  }
}

function compressedWith(compressor: Compressor, body: Buffer): Payload {
  return { bytes: Buffer.from(compressor.compress(body)), compression: compressor.contentType };
}
