/** A serializer's names on the wire. */
export interface ContentType {
  /** The MIME type, compared literally by kombu: no `; charset=`. */
  readonly contentType: string;
  readonly contentEncoding: 'utf-8' | 'binary';
}

/** kombu's registry of names. Only `json` has a codec here; the others are known so that they can be named in errors. */
export const CONTENT_TYPES: ReadonlyMap<string, ContentType> = new Map<string, ContentType>([
  ['json', { contentType: 'application/json', contentEncoding: 'utf-8' }],
  ['yaml', { contentType: 'application/x-yaml', contentEncoding: 'utf-8' }],
  ['msgpack', { contentType: 'application/x-msgpack', contentEncoding: 'binary' }],
  ['pickle', { contentType: 'application/x-python-serialize', contentEncoding: 'binary' }],
]);

/** The names kombu gives MIME types, for messages such as `ContentDisallowed`; the MIME type itself where it has none. */
export function serializerName(contentType: string): string {
  for (const [name, entry] of CONTENT_TYPES) {
    if (entry.contentType === contentType) return name;
  }
  return contentType;
}

/** What a receiver decodes (Celery's `accept_content`). Immutable. */
export class ContentTypes {
  readonly #accepted: ReadonlySet<string>;

  /**
   * @param accept names (`json`) or MIME types (`application/json`)
   * @throws RangeError for what has no decoder here: everything but JSON. `pickle` runs code of the sender and never will.
   */
  constructor(accept: readonly string[] = ['json']) {
    const types = accept.map((name) => CONTENT_TYPES.get(name)?.contentType ?? name);
    const unknown = types.find((type) => type !== 'application/json');
    if (unknown !== undefined) throw new RangeError(`cannot decode ${serializerName(unknown)}: only json is supported`);
    this.#accepted = new Set(types);
  }

  /** Compared literally, as kombu does: `application/json; charset=utf-8` is refused. */
  accepts(contentType: string): boolean {
    return this.#accepted.has(contentType);
  }
}
