import {
  UnsupportedCompressionError,
  builtinCompressors,
  loadCompressor,
  type Compressor,
  type Compressors,
} from '#celery';

/**
 * What can be read and written: Node's own compressions, and those whose optional package is installed, which is imported with
 * the first message that needs it.
 *
 * @param required the compression of sent messages
 * @throws UnsupportedCompressionError naming the package to install, where the required one is missing
 */
export async function availableCompressors(required?: string): Promise<Compressors> {
  const mine = required === undefined ? [] : [await loadCompressor(required)];
  return builtinCompressors.with(...mine).withOnDemand(loadIfInstalled);
}

async function loadIfInstalled(name: string): Promise<Compressor | undefined> {
  try {
    return await loadCompressor(name);
  } catch (error) {
    if (error instanceof UnsupportedCompressionError) return undefined;
    throw error;
  }
}
