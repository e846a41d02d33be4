import { DecompressedTooLargeError } from '../../errors/serialization-errors.js';
import { malformed } from './bounded.js';
import type { Compressor } from './compressor.js';
import { XZ } from './known-compressions.js';
import { incompatible, property } from './library.js';
import { xzDecompressedSize } from './xz-size.js';

/** The part of `@napi-rs/lzma` that is used; it knows no bound of its own. */
interface Xz {
  compressSync(bytes: Uint8Array): Uint8Array;
  decompressSync(bytes: Uint8Array): Uint8Array;
}

/** The .xz container with `@napi-rs/lzma`. */
export function xzCompressor(module: unknown): Compressor {
  const xz = property(module, 'xz') ?? property(property(module, 'default'), 'xz');
  if (!isXz(xz)) throw incompatible('@napi-rs/lzma');
  return {
    ...XZ,
    compress: (bytes) => xz.compressSync(bytes),
    decompress: (bytes, maxBytes) => {
      try {
        if (xzDecompressedSize(bytes) <= maxBytes) return xz.decompressSync(bytes);
      } catch (cause) {
        throw malformed(XZ.contentType, cause);
      }
      throw new DecompressedTooLargeError(XZ.contentType, maxBytes);
    },
  };
}

function isXz(value: unknown): value is Xz {
  return ['compressSync', 'decompressSync'].every((name) => typeof property(value, name) === 'function');
}
