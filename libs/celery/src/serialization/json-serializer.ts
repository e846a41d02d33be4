import { decodeJson } from './json/decode-json.js';
import { encodeJson } from './json/encode-json.js';
import type { JsonTypes } from './json/json-types.js';
import type { ContentType } from './content-types.js';

/** Turns values into bodies and back, under a content type. */
export interface Serializer extends ContentType {
  /** Celery's name: `json`. */
  readonly name: string;
  /** @throws EncodeError */
  encode(value: unknown, types?: JsonTypes): string;
  /** @throws DecodeError */
  decode(text: string, types?: JsonTypes): unknown;
}

/** Celery's default serializer. */
export const jsonSerializer: Serializer = {
  name: 'json',
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  encode: (value, types) => encodeJson(value, types),
  decode: (text, types) => decodeJson(text, types),
};
