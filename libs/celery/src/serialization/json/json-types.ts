/** How values of a class travel in JSON: kombu's `register_type`. */
export interface JsonType<T = unknown> {
  /** The class; instances of its subclasses are taken as well. */
  readonly type: abstract new (...args: never[]) => T;
  /** The `__type__` on the wire; null when the encoding stands alone and is not decoded (kombu's `marker=None`). */
  readonly marker: string | null;
  /** Makes the `__value__`: anything that can be encoded itself. */
  encode(value: T): unknown;
  /** Reads the `__value__`; what it throws becomes the cause of a `DecodeError`. Default: the `__value__` itself. */
  decode?(value: unknown): T;
}

/** The types known to a codec beyond the built-in ones, which they may replace. Immutable; made by {@link jsonTypes}. */
export class JsonTypes {
  readonly #types: readonly JsonType[];
  readonly #byMarker: ReadonlyMap<string, JsonType>;

  constructor(types: readonly JsonType[]) {
    this.#types = [...types];
    this.#byMarker = new Map(types.flatMap((type) => (type.marker === null ? [] : [[type.marker, type] as const])));
  }

  /** Whether there is none. */
  get empty(): boolean {
    return this.#types.length === 0;
  }

  /** The first type the value is an instance of. */
  of(value: object): JsonType | undefined {
    return this.#types.find(({ type }) => value instanceof type);
  }

  /** The type with that `__type__`. */
  marked(marker: string): JsonType | undefined {
    return this.#byMarker.get(marker);
  }
}

/**
 * Registers types, so that both languages know them:
 * `jsonTypes([{ type: Money, marker: 'money', encode: (money) => money.cents, decode: (cents) => Money.of(Number(cents)) }])`.
 *
 * @throws TypeError when two types share a marker.
 */
export function jsonTypes<T extends readonly unknown[]>(types: { readonly [K in keyof T]: JsonType<T[K]> }): JsonTypes {
  const list: readonly JsonType[] = types;
  const markers = list.flatMap(({ marker }) => (marker === null ? [] : [marker]));
  const twice = markers.find((marker, index) => markers.indexOf(marker) !== index);
  if (twice !== undefined) throw new TypeError(`jsonTypes: two types share the marker '${twice}'`);
  return new JsonTypes(list);
}

/** No types beyond the built-in ones. */
export const noJsonTypes = new JsonTypes([]);
