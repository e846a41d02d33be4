import * as zlib from 'node:zlib';
import { boundedByZlib } from './bounded.js';
import type { Compressor } from './compressor.js';
import { Compressors } from './compressors.js';
import { BROTLI, GZIP, ZSTD } from './known-compressions.js';

// Brotli's own default (11) takes some hundred times longer for a few percent.
const BROTLI_QUALITY = 5;

const gzip: Compressor = {
  ...GZIP,
  // Named gzip, but kombu writes the zlib format (RFC 1950).
  compress: (bytes) => zlib.deflateSync(bytes),
  decompress: (bytes, maxBytes) =>
    boundedByZlib(GZIP.contentType, maxBytes, () => zlib.inflateSync(bytes, { maxOutputLength: maxBytes })),
};

const brotli: Compressor = {
  ...BROTLI,
  compress: (bytes) =>
    zlib.brotliCompressSync(bytes, {
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  decompress: (bytes, maxBytes) =>
    boundedByZlib(BROTLI.contentType, maxBytes, () => zlib.brotliDecompressSync(bytes, { maxOutputLength: maxBytes })),
};

/** `node:zlib` has Zstandard from Node 22.15 on; the types of Node 20 do not know it. */
interface ZlibWithZstd {
  zstdCompressSync(bytes: Uint8Array): Uint8Array;
  zstdDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array;
}

function hasZstd(module: object): module is ZlibWithZstd {
  return 'zstdCompressSync' in module && 'zstdDecompressSync' in module;
}

function nativeZstd(module: object): readonly Compressor[] {
  if (!hasZstd(module)) return [];
  const compressor: Compressor = {
    ...ZSTD,
    compress: (bytes) => module.zstdCompressSync(bytes),
    decompress: (bytes, maxBytes) =>
      boundedByZlib(ZSTD.contentType, maxBytes, () => module.zstdDecompressSync(bytes, { maxOutputLength: maxBytes })),
  };
  return [compressor];
}

/** What needs no library: zlib, brotli, and zstd where Node has it. */
export const builtinCompressors = new Compressors([gzip, brotli, ...nativeZstd(zlib)]);
