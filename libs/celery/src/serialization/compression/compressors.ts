import { UnsupportedCompressionError } from '../../errors/serialization-errors.js';
import type { Compressor } from './compressor.js';
import { knownCompression } from './known-compressions.js';

/** Compressors by content type or alias, as kombu's registry. Immutable. */
export class Compressors {
  readonly #compressors: readonly Compressor[];

  constructor(compressors: readonly Compressor[]) {
    this.#compressors = [...compressors];
  }

  /** Undefined where there is none by that content type or alias. */
  get(name: string): Compressor | undefined {
    return this.#compressors.find(({ contentType, aliases }) => contentType === name || aliases.includes(name));
  }

  /** @throws UnsupportedCompressionError where there is none by that content type or alias. */
  require(name: string): Compressor {
    const compressor = this.get(name);
    if (compressor) return compressor;
    const advice = knownCompression(name) ? 'load it at start with loadCompressor()' : 'Celery has none of that name';
    throw new UnsupportedCompressionError(`There is no compressor for '${name}': ${advice}`);
  }

  /** The same and more; the new ones win. */
  with(...compressors: readonly Compressor[]): Compressors {
    return new Compressors([...compressors, ...this.#compressors]);
  }
}
