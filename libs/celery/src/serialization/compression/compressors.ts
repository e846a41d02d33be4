import { UnsupportedCompressionError } from '../../errors/serialization-errors.js';
import type { Compressor } from './compressor.js';
import { knownCompression } from './known-compressions.js';

/** Makes a compressor by its content type; undefined where there is none to be had. */
export type MakeCompressor = (contentType: string) => Promise<Compressor | undefined>;

/** Compressors by content type or alias, as kombu's registry. What it has stays; some may be made when they are needed first. */
export class Compressors {
  readonly #compressors: Compressor[];
  readonly #make: MakeCompressor;
  readonly #made = new Map<string, Promise<boolean>>();

  constructor(compressors: readonly Compressor[], make: MakeCompressor = async () => undefined) {
    this.#compressors = [...compressors];
    this.#make = make;
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
    return new Compressors([...compressors, ...this.#compressors], this.#make);
  }

  /** The same, and those that `make` makes when they are needed first: their libraries take megabytes of memory. */
  withOnDemand(make: MakeCompressor): Compressors {
    return new Compressors(this.#compressors, make);
  }

  /** Whether there is one by that content type or alias, once it has been made where that is possible; tried once. */
  provide(name: string): Promise<boolean> {
    if (this.get(name)) return Promise.resolve(true);
    const { contentType } = knownCompression(name) ?? {};
    if (contentType === undefined) return Promise.resolve(false);
    const made = this.#made.get(contentType) ?? this.#add(contentType);
    this.#made.set(contentType, made);
    return made;
  }

  async #add(contentType: string): Promise<boolean> {
    const compressor = await this.#make(contentType);
    if (compressor) this.#compressors.push(compressor);
    return compressor !== undefined;
  }
}
