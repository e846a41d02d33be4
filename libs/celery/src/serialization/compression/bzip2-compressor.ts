import { DecompressedTooLargeError, UnsupportedCompressionError } from '../../errors/serialization-errors.js';
import { malformed } from './bounded.js';
import type { Compressor } from './compressor.js';
import { BZIP2 } from './known-compressions.js';
import { incompatible, property } from './library.js';

/** The part of `@foxglove/wasm-bz2` that is used: fails with BZ_OUTBUFF_FULL where `size` is too small. */
interface Bzip2 {
  decompress(bytes: Uint8Array, size: number): Uint8Array;
}

const OUTPUT_FULL = 'BZ_OUTBUFF_FULL';
const FIRST_SIZE = 256 * 1024;

/** Reads bzip2 with `@foxglove/wasm-bz2`. No maintained library writes it. */
export async function bzip2Compressor(module: unknown): Promise<Compressor> {
  const init = property(property(module, 'default'), 'init');
  if (typeof init !== 'function') throw incompatible('@foxglove/wasm-bz2');
  const bzip2 = await withoutProcessListeners((): unknown => init.call(property(module, 'default')));
  if (!isBzip2(bzip2)) throw incompatible('@foxglove/wasm-bz2');
  return {
    ...BZIP2,
    compress: () => {
      throw new UnsupportedCompressionError(
        'bzip2 bodies can be read but not written; choose zlib, brotli, xz or zstd',
      );
    },
    decompress: (bytes, maxBytes) => decompress(bzip2, bytes, maxBytes),
  };
}

/**
 * The library's runtime adds process-wide handlers that rethrow every error of the application, which ends the process: they are
 * taken off again, in the turn in which they are added.
 */
function withoutProcessListeners<Result>(load: () => Result): Result {
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = new Set(events.flatMap((event) => process.listeners(event as 'uncaughtException')));
  const result = load();
  for (const event of events) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before.has(listener)) process.off(event, listener);
    }
  }
  return result;
}

/** The output is allocated up front and WebAssembly memory never shrinks: so a small one is tried first, then larger ones. */
function decompress(bzip2: Bzip2, bytes: Uint8Array, maxBytes: number): Uint8Array {
  for (let size = Math.min(FIRST_SIZE, maxBytes); ; size = Math.min(size * 8, maxBytes)) {
    try {
      return bzip2.decompress(bytes, size);
    } catch (cause) {
      if (!(cause instanceof Error && cause.message.includes(OUTPUT_FULL))) throw malformed(BZIP2.contentType, cause);
      if (size >= maxBytes) throw new DecompressedTooLargeError(BZIP2.contentType, maxBytes, { cause });
    }
  }
}

function isBzip2(value: unknown): value is Bzip2 {
  return typeof property(value, 'decompress') === 'function';
}
