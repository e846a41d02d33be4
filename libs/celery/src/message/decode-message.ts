import { isRecord } from '../canvas/signature-json.js';
import { builtinCompressors, knownCompression, type Compressors, type JsonTypes } from '../serialization/index.js';
import { Malformed, type DecodedMessage } from './decoded-message.js';
import { readBody, type BodyOptions } from './read-body.js';
import { readCallFields, readTriple, type Call } from './read-call.js';
import { readEnvelope, type Envelope } from './read-envelope.js';
import { readHeaders, readTaskId, readTaskName } from './read-headers.js';
import { readProperties } from './read-properties.js';
import { idText, isAbsent, type Wire } from './read-value.js';
import { JSON_CONTENT_TYPE, type TaskMessage } from './task-message.js';

/** How messages are read. */
export interface DecodeOptions {
  /** MIME types of bodies that are read, compared literally as Python does. Default `['application/json']`. */
  readonly acceptContent?: readonly string[];
  /** Types of values beyond kombu's own. */
  readonly jsonTypes?: JsonTypes;
  /** Default: those that Node has built in. */
  readonly compressors?: Compressors;
  /** Largest body after decompression. Default 8 MiB. Beyond 1 MiB it may hold 125 000 arrays and objects, and 500 000 values. */
  readonly maxDecompressedBytes?: number;
  /** How deeply arrays and objects may be nested. Default 512. */
  readonly maxDepth?: number;
}

const ACCEPT_JSON: readonly string[] = [JSON_CONTENT_TYPE];
const MAX_DECOMPRESSED_BYTES = 8 * 1024 * 1024;

/**
 * Reads an SQS body: protocol 2, protocol 1 or the hybrid of both, in kombu's envelope. Never throws: what cannot be run comes
 * back as a value that says why.
 */
export function decodeMessage(body: string, options: DecodeOptions = {}): DecodedMessage {
  const outer = readEnvelope(body, options.jsonTypes, options);
  if ('kind' in outer) return outer;
  try {
    if ('problem' in outer) throw outer.problem;
    return decodeEnvelope(outer, options);
  } catch (error) {
    if (error instanceof Malformed) {
      return { kind: 'malformed', reason: error.reason, detail: error.message, ...identity(outer.headers) };
    }
    throw error;
  }
}

function decodeEnvelope(envelope: Envelope, options: DecodeOptions): DecodedMessage {
  const { headers } = envelope;
  if (Object.hasOwn(headers, 'task')) checkIdentity(headers);
  const contentType = readContentType(envelope);
  if (!(options.acceptContent ?? ACCEPT_JSON).includes(contentType)) {
    return { kind: 'refused', contentType, ...identity(headers) };
  }
  const compressors = options.compressors ?? builtinCompressors;
  const compression = readCompression(headers);
  if (compression !== undefined && knownCompression(compression) && compressors.get(compression) === undefined) {
    return { kind: 'refused', contentType, compression, ...identity(headers) };
  }
  const body = readBody(envelope, compression, bodyOptions(options, compressors));
  return readTask(envelope, body, contentType, compression);
}

/**
 * The same for a message whose compression may come from a library that is not loaded yet: loads it then. A promise in that
 * case alone, as nearly no message needs one.
 */
export function decodeWithLibraries(
  body: string,
  options: DecodeOptions = {},
): DecodedMessage | Promise<DecodedMessage> {
  const decoded = decodeMessage(body, options);
  if (decoded.kind !== 'refused' || decoded.compression === undefined || !options.compressors) return decoded;
  return options.compressors
    .provide(decoded.compression)
    .then((provided) => (provided ? decodeMessage(body, options) : decoded));
}

function bodyOptions(options: DecodeOptions, compressors: Compressors): BodyOptions {
  const { jsonTypes: types, maxDecompressedBytes = MAX_DECOMPRESSED_BYTES } = options;
  const depth = options.maxDepth === undefined ? undefined : { maxDepth: options.maxDepth };
  return { types, compressors, maxDecompressedBytes, ...depth };
}

/** A message without name or id is poison to every worker, whatever its content type: nobody gets it back. */
function checkIdentity(headers: Wire): void {
  readTaskName(headers);
  readTaskId(headers);
}

function readContentType({ contentType }: Envelope): string {
  if (typeof contentType === 'string' && contentType !== '') return contentType;
  throw new Malformed('content-type', 'the envelope has no content-type');
}

function readCompression(headers: Wire): string | undefined {
  const compression = headers['compression'];
  if (isAbsent(compression) || compression === '') return undefined;
  if (typeof compression === 'string') return compression;
  throw new Malformed('compression', "header 'compression' must be a string");
}

function readTask(
  envelope: Envelope,
  body: unknown,
  contentType: string,
  compression: string | undefined,
): DecodedMessage {
  const { protocol, wire, call } = readProtocol(envelope.headers, body);
  const warnings: string[] = [];
  const message: TaskMessage = {
    protocol,
    headers: readHeaders(wire, envelope.headers, (warning) => void warnings.push(warning)),
    ...call,
    properties: readProperties(envelope.properties),
    contentType,
    contentEncoding: typeof envelope.contentEncoding === 'string' ? envelope.contentEncoding : 'utf-8',
    compression,
  };
  return warnings.length === 0 ? { kind: 'task', message } : { kind: 'task', message, warnings };
}

interface Protocol {
  readonly protocol: 1 | 2;
  /** Where the headers of the task stand, by Celery's names. */
  readonly wire: Wire;
  readonly call: Call;
}

/** Celery's rule: a task in the headers is protocol 2, or the hybrid where the body is an object with args; else protocol 1. */
function readProtocol(headers: Wire, body: unknown): Protocol {
  if (!Object.hasOwn(headers, 'task')) return readProtocol1(body);
  if (!isRecord(body) || !Object.hasOwn(body, 'args')) return { protocol: 2, wire: headers, call: readTriple(body) };
  return { protocol: 1, wire: { ...body, ...headers }, call: readCallFields(body) };
}

function readProtocol1(body: unknown): Protocol {
  if (!isRecord(body) || !Object.hasOwn(body, 'task')) {
    throw new Malformed('task', 'neither the headers nor the body name a task');
  }
  // The older name of the group wins wherever it is given, as in Celery.
  const wire = Object.hasOwn(body, 'taskset') ? { ...body, group: body['taskset'] } : body;
  return { protocol: 1, wire, call: readCallFields(body) };
}

function identity(headers: Wire): { task?: string; id?: string } {
  const { task } = headers;
  const id = idText(headers['id']);
  return { ...(typeof task === 'string' && { task }), ...(id !== undefined && { id }) };
}
