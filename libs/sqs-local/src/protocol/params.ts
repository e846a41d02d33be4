import { invalidParameter, malformedInput, missingParameter } from '../errors.js';

/** Members of a request or of a structure in it, as either protocol decodes them: null-prototype objects are welcome. */
export type Members = Readonly<Record<string, unknown>>;

/** Reads the members of a request by name with a check of their type. `null` counts as absent, as in AWS's protocols. */
export class Params {
  constructor(private readonly members: Members) {}

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  string(name: string): string | undefined {
    return this.typed(name, isString, 'a string');
  }

  /** A string that must be there and not be empty. */
  required(name: string): string {
    const value = this.string(name);
    if (value === undefined || value === '') throw missingParameter(name);
    return value;
  }

  /** An integer from `min` to `max`. */
  integer(name: string, min: number, max: number): number | undefined {
    const value = this.typed(name, Number.isInteger as (value: unknown) => value is number, 'an integer');
    if (value !== undefined && (value < min || value > max)) {
      throw invalidParameter(name, `Must be between ${min} and ${max}, if provided; it is ${value}.`);
    }
    return value;
  }

  /** Bytes, which both protocols write in base64. */
  binary(name: string): Buffer | undefined {
    const value = this.string(name);
    return value === undefined ? undefined : Buffer.from(value, 'base64');
  }

  strings(name: string): string[] {
    return this.typed(name, isListOfStrings, 'a list of strings') ?? [];
  }

  /** A map of strings; `undefined` when absent. */
  stringMap(name: string): ReadonlyMap<string, string> | undefined {
    const map = this.typed(name, isMembers, 'a map');
    return map && new Map(Object.keys(map).map((key) => [key, new Params(map).mapValue(key)]));
  }

  /** A map of structures; empty when absent. */
  structures(name: string): ReadonlyMap<string, Params> {
    const map = this.typed(name, isMembers, 'a map') ?? {};
    return new Map(Object.entries(map).map(([key, value]) => [key, structure(name, value)]));
  }

  /** A list of structures; `undefined` when absent. */
  list(name: string): Params[] | undefined {
    return this.typed(name, Array.isArray as (value: unknown) => value is unknown[], 'a list')?.map((value) =>
      structure(name, value),
    );
  }

  private mapValue(key: string): string {
    const value = this.string(key);
    if (value === undefined) throw malformedInput(`The value of ${key} must be a string.`);
    return value;
  }

  private typed<T>(name: string, is: (value: unknown) => value is T, what: string): T | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!is(value)) throw malformedInput(`${name} must be ${what}.`);
    return value;
  }

  private get(name: string): unknown {
    return Object.hasOwn(this.members, name) ? (this.members[name] ?? undefined) : undefined;
  }
}

function structure(name: string, value: unknown): Params {
  if (!isMembers(value)) throw malformedInput(`${name} must hold structures.`);
  return new Params(value);
}

/** Tells whether `value` is an object with members, not a list. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isListOfStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isString);
}
