import { DecodeError, DecompressedTooLargeError } from '../../errors/serialization-errors.js';

/** Runs a decompressor of `node:zlib`, which stops by itself at `maxOutputLength`, and translates its errors. */
export function boundedByZlib(contentType: string, maxBytes: number, decompress: () => Uint8Array): Uint8Array {
  try {
    return decompress();
  } catch (cause) {
    if (cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new DecompressedTooLargeError(contentType, maxBytes, { cause });
    }
    throw malformed(contentType, cause);
  }
}

export function malformed(contentType: string, cause?: unknown): DecodeError {
  return new DecodeError(`The body is not well-formed ${contentType}`, { cause });
}
