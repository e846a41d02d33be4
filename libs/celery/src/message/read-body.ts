import { isUtf8 } from 'node:buffer';
import { DecodeError, DecompressedTooLargeError, NestingTooDeepError } from '../errors/serialization-errors.js';
import {
  decodeJson,
  jsonSize,
  type Compressors,
  type DecodeJsonOptions,
  type JsonTypes,
} from '../serialization/index.js';
import { Malformed } from './decoded-message.js';
import type { Envelope } from './read-envelope.js';
import { isAbsent } from './read-value.js';

/** How the body of an envelope is read. */
export interface BodyOptions extends DecodeJsonOptions {
  readonly types: JsonTypes | undefined;
  readonly compressors: Compressors;
  readonly maxDecompressedBytes: number;
}

/** Encodings of JSON that are all read as UTF-8; `binary` is what Python names bytes. */
const UTF8_ENCODINGS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii', 'binary', 'ascii-8bit']);

/**
 * Reads the body of an envelope: base64, compression, UTF-8, JSON, in this order.
 *
 * @throws Malformed where a layer cannot be undone
 */
export function readBody(envelope: Envelope, compression: string | undefined, options: BodyOptions): unknown {
  const text = readText(envelope, compression, options);
  try {
    return decodeJson(text, options.types, options);
  } catch (error) {
    if (error instanceof DecodeError)
      throw new Malformed(error instanceof NestingTooDeepError ? 'too-deep' : 'body', error.message);
    throw error;
  }
}

function readText(envelope: Envelope, compression: string | undefined, options: BodyOptions): string {
  const { body, properties } = envelope;
  if (typeof body !== 'string') throw new Malformed('body', "the envelope's body must be a string");
  const encoding = properties['body_encoding'];
  const plain = isAbsent(encoding) || (typeof encoding === 'string' && /^(utf-8)?$/i.test(encoding));
  if (plain && compression === undefined) return body;
  if (!plain && encoding !== 'base64') {
    throw new Malformed('body-encoding', "body_encoding must be 'base64', 'utf-8' or absent");
  }
  const bytes = plain ? Buffer.from(body, 'utf8') : decodeBase64(body);
  const unpacked = compression === undefined ? bytes : decompress(bytes, compression, options);
  return decodeUtf8(unpacked, envelope.contentEncoding);
}

/** Python skips what is no base64 character and wants the padding. */
function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const canonical = text.length % 4 === 0 && bytes.length === (text.length / 4) * 3 - padding;
  // Node reads the URL-safe alphabet as well, which Python skips.
  return canonical && !text.includes('-') && !text.includes('_') ? bytes : decodeLooseBase64(text);
}

function decodeLooseBase64(text: string): Buffer {
  const characters = text.replaceAll(/[^A-Za-z0-9+/=]/g, '');
  const end = characters.indexOf('=');
  const data = end === -1 ? characters : characters.slice(0, end);
  const padding = characters.slice(data.length, data.length + 2);
  const missing = (4 - (data.length % 4)) % 4;
  if (missing === 3 || !padding.startsWith('='.repeat(missing))) {
    throw new Malformed('body-encoding', 'body_encoding is base64, but the body is not base64');
  }
  return Buffer.from(data, 'base64');
}

function decompress(bytes: Buffer, compression: string, options: BodyOptions): Uint8Array {
  const compressor = options.compressors.get(compression);
  if (compressor === undefined)
    throw new Malformed('compression', `there is no compression '${compression.slice(0, 64)}'`);
  try {
    return refuseTooMany(compressor.decompress(bytes, options.maxDecompressedBytes));
  } catch (error) {
    if (error instanceof Malformed) throw error;
    if (error instanceof DecompressedTooLargeError) {
      throw new Malformed(
        'too-large',
        `the body is larger than ${options.maxDecompressedBytes} bytes once decompressed`,
      );
    }
    throw new Malformed('compression', `the body cannot be decompressed as ${compressor.contentType}`);
  }
}

/** What fits into an SQS message uncompressed needs no other bound. */
const ALWAYS_READ_BYTES = 1_048_576;
const MAX_CONTAINERS = 125_000;
const MAX_VALUES = 500_000;

/** Kilobytes can unpack to millions of tiny values, each of which takes some hundred bytes of memory and a microsecond. */
function refuseTooMany(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= ALWAYS_READ_BYTES) return bytes;
  const { containers, values } = jsonSize(bytes);
  if (containers <= MAX_CONTAINERS && values <= MAX_VALUES) return bytes;
  throw new Malformed(
    'too-large',
    `the body holds more than ${MAX_VALUES} values, or ${MAX_CONTAINERS} arrays and objects, once decompressed`,
  );
}

function decodeUtf8(bytes: Uint8Array, encoding: unknown): string {
  if (!isAbsent(encoding) && !(typeof encoding === 'string' && UTF8_ENCODINGS.has(encoding.toLowerCase()))) {
    throw new Malformed('content-encoding', 'content-encoding must be utf-8 or absent for a JSON body');
  }
  if (!isUtf8(bytes)) throw new Malformed('body', 'the body is not valid UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
