import { UnsupportedCompressionError } from '../../errors/serialization-errors.js';
import { builtinCompressors } from './builtin-compressors.js';
import { bzip2Compressor } from './bzip2-compressor.js';
import type { Compressor } from './compressor.js';
import { BZIP2, XZ, ZSTD, knownCompression } from './known-compressions.js';
import { xzCompressor } from './xz-compressor.js';
import { zstdCompressor } from './zstd-compressor.js';

/** Imports a module by its name; replaced in tests. */
export type ImportModule = (specifier: string) => Promise<unknown>;

interface OptionalLibrary {
  readonly packageName: string;
  readonly create: (module: unknown) => Compressor | Promise<Compressor>;
}

const libraries: ReadonlyMap<string, OptionalLibrary> = new Map<string, OptionalLibrary>([
  [BZIP2.contentType, { packageName: '@foxglove/wasm-bz2', create: bzip2Compressor }],
  [XZ.contentType, { packageName: '@napi-rs/lzma', create: xzCompressor }],
  [ZSTD.contentType, { packageName: '@hpcc-js/wasm-zstd', create: zstdCompressor }],
]);

/**
 * The compressor of a content type or alias. bz2, xz and (before Node 22.15) zstd come from optional libraries, which are
 * only imported here: do it before a message is decoded, which never waits.
 *
 * @throws UnsupportedCompressionError naming the package to install, or when Celery has no such compression.
 */
export async function loadCompressor(
  name: string,
  importModule: ImportModule = (specifier) => import(specifier),
): Promise<Compressor> {
  const builtin = builtinCompressors.get(name);
  if (builtin) return builtin;
  const library = libraries.get(knownCompression(name)?.contentType ?? name);
  if (!library) throw new UnsupportedCompressionError(`Celery has no compression of the name '${name}'`);
  return library.create(await importLibrary(name, library, importModule));
}

async function importLibrary(name: string, library: OptionalLibrary, importModule: ImportModule): Promise<unknown> {
  try {
    return await importModule(library.packageName);
  } catch (cause) {
    const { packageName } = library;
    throw new UnsupportedCompressionError(
      `The compression '${name}' needs the package ${packageName}, which cannot be imported: npm install ${packageName}`,
      { cause },
    );
  }
}
