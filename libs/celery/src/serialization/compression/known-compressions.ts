/** A compression's names on the wire. */
export interface CompressionNames {
  readonly contentType: string;
  readonly aliases: readonly string[];
}

export const GZIP: CompressionNames = { contentType: 'application/x-gzip', aliases: ['gzip', 'zlib'] };
export const BROTLI: CompressionNames = { contentType: 'application/x-brotli', aliases: ['brotli'] };
export const BZIP2: CompressionNames = { contentType: 'application/x-bz2', aliases: ['bzip2', 'bzip'] };
export const XZ: CompressionNames = { contentType: 'application/x-lzma', aliases: ['lzma', 'xz'] };
export const ZSTD: CompressionNames = { contentType: 'application/zstd', aliases: ['zstd', 'zstandard'] };

const all: readonly CompressionNames[] = [GZIP, BROTLI, BZIP2, XZ, ZSTD];

/** The compression of kombu with that alias or content type; undefined for a name that kombu does not know. */
export function knownCompression(name: string): CompressionNames | undefined {
  return all.find(({ contentType, aliases }) => contentType === name || aliases.includes(name));
}
