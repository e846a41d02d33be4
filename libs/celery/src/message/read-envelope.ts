import { isRecord } from '../canvas/signature-json.js';
import { DecodeError, NestingTooDeepError } from '../errors/serialization-errors.js';
import { decodeJson, optionalBase64Decode, type DecodeJsonOptions, type JsonTypes } from '../serialization/index.js';
import { Malformed, type ForeignFormat, type ForeignMessage } from './decoded-message.js';
import { isAbsent, type Wire } from './read-value.js';

/** Kombu's envelope, still by its own names. */
export interface Envelope {
  readonly body: unknown;
  readonly contentType: unknown;
  readonly contentEncoding: unknown;
  readonly headers: Wire;
  readonly properties: Wire;
}

/** Why an envelope cannot be read, with what it still says about its task. */
export interface BrokenEnvelope {
  readonly problem: Malformed;
  readonly headers: Wire;
}

/** What the outermost layer of an SQS body turned out to be. */
export type OuterLayer = Envelope | BrokenEnvelope | ForeignMessage;

/** Reads the outermost layer: optional base64, then JSON, which is kombu's when it has `properties`. */
export function readEnvelope(sqsBody: string, types: JsonTypes | undefined, options: DecodeJsonOptions): OuterLayer {
  const text = optionalBase64Decode(sqsBody);
  const value = parse(text, types, options);
  if (value instanceof DecodeError) return readUndecodable(text, value);
  if (!isRecord(value) || !Object.hasOwn(value, 'properties'))
    return { kind: 'foreign', text, format: formatOf(value) };
  return unwrap(value);
}

function unwrap(value: Wire): Envelope | BrokenEnvelope {
  const { properties } = value;
  const headers = isAbsent(value['headers']) ? {} : value['headers'];
  if (!isRecord(headers)) return broken('headers', "the envelope's headers must be an object", {});
  if (!isRecord(properties)) return broken('properties', "the envelope's properties must be an object", headers);
  return {
    body: value['body'],
    contentType: value['content-type'],
    contentEncoding: value['content-encoding'],
    headers,
    properties,
  };
}

function parse(text: string, types: JsonTypes | undefined, options: DecodeJsonOptions): unknown {
  try {
    return decodeJson(text, types, options);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

/** JSON that only its type markers or its depth spoil is an envelope that would end a Python worker; else it is just text. */
function readUndecodable(text: string, error: DecodeError): BrokenEnvelope | ForeignMessage {
  const value = parsePlain(text);
  if (!isRecord(value) || !Object.hasOwn(value, 'properties'))
    return { kind: 'foreign', text, format: formatOf(value) };
  const reason = error instanceof NestingTooDeepError ? 'too-deep' : 'envelope';
  return broken(reason, error.message, isRecord(value['headers']) ? value['headers'] : {});
}

function parsePlain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function broken(reason: Malformed['reason'], detail: string, headers: Wire): BrokenEnvelope {
  return { problem: new Malformed(reason, detail), headers };
}

function formatOf(value: unknown): ForeignFormat {
  if (value === undefined || value instanceof DecodeError) return 'text';
  if (!isRecord(value)) return 'json';
  if (value['Type'] === 'Notification' && 'Message' in value) return 'sns';
  return 'detail-type' in value && 'detail' in value && 'source' in value ? 'eventbridge' : 'json';
}
