import { UnsupportedCompressionError } from '../../errors/serialization-errors.js';

/** A property of a module whose types are not installed with us; undefined where it has none. */
export function property(owner: unknown, name: string): unknown {
  if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) return undefined;
  return Reflect.get(owner, name);
}

/** An optional library that does not have what we call: another major version, most likely. */
export function incompatible(packageName: string): UnsupportedCompressionError {
  return new UnsupportedCompressionError(
    `The installed version of ${packageName} does not fit: see peerDependencies in package.json for the range that does`,
  );
}
