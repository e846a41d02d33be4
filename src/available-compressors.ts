import {
  UnsupportedCompressionError,
  builtinCompressors,
  loadCompressor,
  type Compressor,
  type Compressors,
} from '#celery';

/** Compressions of Celery's that come from optional packages, by their names there. */
const OPTIONAL = ['bzip2', 'lzma', 'zstd'];

/**
 * What can be read and written: Node's own compressions, and those whose optional package is installed.
 *
 * @param required the compression of sent messages
 * @throws UnsupportedCompressionError naming the package to install, where the required one is missing
 */
export async function availableCompressors(required?: string): Promise<Compressors> {
  const optional = await Promise.all(OPTIONAL.map(loadIfInstalled));
  const mine = required === undefined ? [] : [await loadCompressor(required)];
  return builtinCompressors.with(...mine, ...optional.flat());
}

async function loadIfInstalled(name: string): Promise<Compressor[]> {
  try {
    return [await loadCompressor(name)];
  } catch (error) {
    if (error instanceof UnsupportedCompressionError) return [];
    throw error;
  }
}
