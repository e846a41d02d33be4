import { DecompressedTooLargeError } from '../../errors/serialization-errors.js';
import { malformed } from './bounded.js';
import type { Compressor } from './compressor.js';
import { ZSTD } from './known-compressions.js';
import { incompatible, property } from './library.js';
import { zstdContentSize } from './zstd-content-size.js';

/** The part of `@hpcc-js/wasm-zstd` that is used. */
interface Zstd {
  compress(bytes: Uint8Array): Uint8Array;
  /** Allocates what the frame header promises. */
  decompress(bytes: Uint8Array): Uint8Array;
  reset(): void;
  /** Writes at most `size` bytes; does not report malformed or missing input. */
  decompressChunk(bytes: Uint8Array, size: number): Uint8Array;
}

/** Zstandard with `@hpcc-js/wasm-zstd`, for versions of Node whose `node:zlib` has none. */
export async function zstdCompressor(module: unknown): Promise<Compressor> {
  const load = property(property(module, 'Zstd'), 'load');
  if (typeof load !== 'function') throw incompatible('@hpcc-js/wasm-zstd');
  const zstd: unknown = await load.call(property(module, 'Zstd'));
  if (!isZstd(zstd)) throw incompatible('@hpcc-js/wasm-zstd');
  return {
    ...ZSTD,
    compress: (bytes) => zstd.compress(bytes),
    decompress: (bytes, maxBytes) => decompress(zstd, bytes, maxBytes),
  };
}

function decompress(zstd: Zstd, bytes: Uint8Array, maxBytes: number): Uint8Array {
  const size = zstdContentSize(bytes);
  if (size === 'malformed') throw malformed(ZSTD.contentType);
  if (size !== 'unknown' && size > maxBytes) throw new DecompressedTooLargeError(ZSTD.contentType, maxBytes);
  try {
    return size === 'unknown' || size === 0 ? stream(zstd, bytes, maxBytes) : zstd.decompress(bytes);
  } catch (cause) {
    throw cause instanceof DecompressedTooLargeError ? cause : malformed(ZSTD.contentType, cause);
  }
}

function stream(zstd: Zstd, bytes: Uint8Array, maxBytes: number): Uint8Array {
  zstd.reset();
  const output = zstd.decompressChunk(bytes, maxBytes + 1);
  if (output.length > maxBytes) throw new DecompressedTooLargeError(ZSTD.contentType, maxBytes);
  return output;
}

function isZstd(value: unknown): value is Zstd {
  const methods = ['compress', 'decompress', 'reset', 'decompressChunk'];
  return methods.every((name) => typeof property(value, name) === 'function');
}
