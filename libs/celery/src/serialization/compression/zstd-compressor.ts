import { DecompressedTooLargeError } from '../../errors/serialization-errors.js';
import { malformed } from './bounded.js';
import type { Compressor } from './compressor.js';
import { ZSTD } from './known-compressions.js';
import { incompatible, property } from './library.js';
import { type ZstdSize, zstdSize } from './zstd-size.js';

/** The part of `@hpcc-js/wasm-zstd` that is used. */
interface Zstd {
  compress(bytes: Uint8Array): Uint8Array;
  /** Allocates what the frame header promises. */
  decompress(bytes: Uint8Array): Uint8Array;
  reset(): void;
  /** For frames that promise no size. Writes at most `size` bytes; says nothing of malformed or missing input. */
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

/** The library bounds neither its memory nor its output: nothing is given to it that may expand to more than is allowed. */
function decompress(zstd: Zstd, bytes: Uint8Array, maxBytes: number): Uint8Array {
  const { size, exact } = measure(bytes);
  if (size > maxBytes) throw new DecompressedTooLargeError(ZSTD.contentType, maxBytes);
  try {
    return exact && size > 0 ? zstd.decompress(bytes) : stream(zstd, bytes, size);
  } catch (cause) {
    throw malformed(ZSTD.contentType, cause);
  }
}

function measure(bytes: Uint8Array): ZstdSize {
  try {
    return zstdSize(bytes);
  } catch (cause) {
    throw malformed(ZSTD.contentType, cause);
  }
}

function stream(zstd: Zstd, bytes: Uint8Array, size: number): Uint8Array {
  zstd.reset();
  return size === 0 ? new Uint8Array() : zstd.decompressChunk(bytes, size);
}

function isZstd(value: unknown): value is Zstd {
  const methods = ['compress', 'decompress', 'reset', 'decompressChunk'];
  return methods.every((name) => typeof property(value, name) === 'function');
}
