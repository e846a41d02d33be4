import type { Options } from './primitives.js';
import type { SignatureJson } from './signature-json.js';

/** What a call adds to a signature: Celery's partial arguments and options. */
export interface PartialCall {
  /** Positional arguments that go before the signature's own. */
  readonly args?: readonly unknown[];
  /** They win over the signature's own. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Options under Celery's names. */
  readonly options?: Options;
}

/**
 * Options with those of a call, which win; but the group that a signature was given to, and its stamps, stay: to change them
 * would leave others waiting.
 */
export function mergedOptions(own: Options, given: Options): Options {
  const stamps = own['stamped_headers'];
  const fixed = new Set(['group_id', 'stamped_headers', ...(Array.isArray(stamps) ? stamps : [])]);
  const merged: Record<string, unknown> = { ...own };
  for (const [name, value] of Object.entries(given)) {
    if (!fixed.has(name) || !Object.hasOwn(own, name)) merged[name] = value;
  }
  return merged;
}

/** A signature with what a call adds; an immutable one takes the options only. */
export function merged(signature: SignatureJson, { args = [], kwargs = {}, options = {} }: PartialCall): SignatureJson {
  const result = { ...signature, options: mergedOptions(signature.options, options) };
  if (signature.immutable) return result;
  return { ...result, args: [...args, ...signature.args], kwargs: { ...signature.kwargs, ...kwargs } };
}

/** Without options that are null: they say nothing. */
export function withoutNulls(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null && value !== undefined));
}
