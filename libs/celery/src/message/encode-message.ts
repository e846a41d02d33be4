import { EncodeError } from '../errors/serialization-errors.js';
import { encodeJson, type Compressors, type JsonTypes } from '../serialization/index.js';
import { compressed, type Payload } from './compress-body.js';
import {
  JSON_CONTENT_TYPE,
  type Embed,
  type MessageProperties,
  type TaskHeaders,
  type TaskMessage,
} from './task-message.js';

/** How messages are written. */
export interface EncodeOptions {
  /**
   * `base64` (default): what Python writes. `raw`: the same without the outer base64 (`sqs_base64_encoding: False`). `compact`: plain
   * JSON envelope, the body as plain text or in base64, whichever is shorter; kombu reads it since 5.2.
   */
  readonly envelope?: 'base64' | 'raw' | 'compact';
  /** Types of values beyond kombu's own. */
  readonly jsonTypes?: JsonTypes;
  /**
   * MIME type or alias of a compression. Default: that of the message, if it has one; zlib in place of one that cannot be
   * written here.
   */
  readonly compression?: string;
  /** Default: those that Node has built in. */
  readonly compressors?: Compressors;
  /** Bytes of UTF-8 beyond which the message is written as `compact`, whatever `envelope` says. Default 1 MiB, SQS's own bound. */
  readonly maxBytes?: number;
}

const SQS_MAX_BYTES = 1_048_576;

/**
 * Writes a message as an SQS body, in protocol 2, with headers and properties in Celery's order.
 *
 * @throws EncodeError where a value has no JSON form, UnsupportedCompressionError where the compression is not available
 */
export function encodeMessage(message: TaskMessage, options: EncodeOptions = {}): string {
  const { envelope = 'base64', maxBytes = SQS_MAX_BYTES } = options;
  const payload = compressed(Buffer.from(encodeBody(message, options.jsonTypes), 'utf8'), message, options);
  const text = inEnvelope(message, payload, envelope, options.jsonTypes);
  if (envelope === 'compact' || Buffer.byteLength(text, 'utf8') <= maxBytes) return text;
  return inEnvelope(message, payload, 'compact', options.jsonTypes);
}

type EnvelopeForm = NonNullable<EncodeOptions['envelope']>;

function inEnvelope(
  message: TaskMessage,
  payload: Payload,
  envelope: EnvelopeForm,
  jsonTypes: JsonTypes | undefined,
): string {
  const body = carry(payload, envelope === 'compact');
  const headers = encodeHeaders(message.headers, payload.compression, jsonTypes);
  const properties = encodeProperties(message.properties, body.encoding, jsonTypes);
  const json =
    `{"body":${body.text},"content-encoding":"utf-8","content-type":"${JSON_CONTENT_TYPE}"` +
    `,"headers":${headers},"properties":${properties}}`;
  return envelope === 'base64' ? Buffer.from(json, 'utf8').toString('base64') : escapeForSqs(json);
}

/** SQS refuses these two characters; within JSON they can only stand in strings. */
function escapeForSqs(json: string): string {
  return json.replaceAll(/[\uFFFE\uFFFF]/g, (character) =>
    character === '\uFFFE' ? String.raw`\ufffe` : String.raw`\uffff`,
  );
}

/** Levels of arrays and objects around a part of the message, which count for whoever reads it. */
const IN_ONE = 1;
const IN_TWO = 2;

const EMPTY_EMBED_JSON = '{"callbacks":null,"errbacks":null,"chain":null,"chord":null}';

function encodeBody({ args, kwargs, embed }: TaskMessage, types: JsonTypes | undefined): string {
  try {
    return `[${encodeJson(args, types, IN_ONE)},${encodeJson(kwargs, types, IN_ONE)},${encodeEmbed(embed, types)}]`;
  } catch (error) {
    // Says where the value is in the caller's words: $.args[0], $.kwargs.order.
    if (error instanceof EncodeError) encodeJson({ args, kwargs, ...embed }, types);
    throw error;
  }
}

function encodeEmbed({ callbacks, errbacks, chain, chord }: Embed, types: JsonTypes | undefined): string {
  if (callbacks === null && errbacks === null && chain === null && chord === null) return EMPTY_EMBED_JSON;
  return encodeJson({ callbacks, errbacks, chain, chord }, types, IN_ONE);
}

/** The body as a JSON string, and how it is carried. */
interface CarriedBody {
  readonly text: string;
  /** undefined: plain text. */
  readonly encoding: 'base64' | undefined;
}

function carry({ bytes, compression }: Payload, compact: boolean): CarriedBody {
  if (compression !== undefined || !compact) return inBase64(bytes);
  const plain = JSON.stringify(bytes.toString('utf8'));
  return Buffer.byteLength(plain, 'utf8') <= base64Cost(bytes) ? { text: plain, encoding: undefined } : inBase64(bytes);
}

function inBase64(bytes: Buffer): CarriedBody {
  return { text: `"${bytes.toString('base64')}"`, encoding: 'base64' };
}

const BODY_ENCODING = ',"body_encoding":"base64"';

function base64Cost(bytes: Buffer): number {
  return Math.ceil(bytes.length / 3) * 4 + 2 + BODY_ENCODING.length;
}

function encodeHeaders(headers: TaskHeaders, compression: string | undefined, types: JsonTypes | undefined): string {
  const { stampedHeaders, stamps, custom } = headers;
  return (
    `{"lang":${JSON.stringify(headers.lang)},"task":${JSON.stringify(headers.task)},"id":${JSON.stringify(headers.id)}` +
    `,"shadow":${JSON.stringify(headers.shadow)},"eta":${JSON.stringify(headers.eta)}` +
    `,"expires":${JSON.stringify(headers.expires)},"group":${JSON.stringify(headers.group)}` +
    `,"group_index":${headers.groupIndex},"retries":${headers.retries},"timelimit":${encodeTimelimit(headers.timelimit)}` +
    `,"root_id":${JSON.stringify(headers.rootId)},"parent_id":${JSON.stringify(headers.parentId)}` +
    `,"argsrepr":${JSON.stringify(headers.argsrepr)},"kwargsrepr":${JSON.stringify(headers.kwargsrepr)}` +
    `,"origin":${JSON.stringify(headers.origin)}` +
    (headers.ignoreResult === undefined ? '' : `,"ignore_result":${headers.ignoreResult}`) +
    `,"replaced_task_nesting":${headers.replacedTaskNesting},"stamped_headers":${JSON.stringify(stampedHeaders)}` +
    `,"stamps":${isEmpty(stamps) ? '{}' : encodeJson(stamps, types, IN_TWO)}${members(custom, types)}` +
    (compression === undefined ? '}' : `,"compression":${JSON.stringify(compression)}}`)
  );
}

function encodeTimelimit([hard, soft]: TaskHeaders['timelimit']): string {
  return `[${hard},${soft}]`;
}

function encodeProperties(
  properties: MessageProperties,
  bodyEncoding: 'base64' | undefined,
  types: JsonTypes | undefined,
): string {
  const { exchange, routingKey } = properties.deliveryInfo;
  const json =
    member('correlation_id', properties.correlationId) +
    member('reply_to', properties.replyTo) +
    members(properties.custom, types) +
    member('delivery_mode', properties.deliveryMode) +
    member('expiration', properties.expiration) +
    `,"delivery_info":{"exchange":${JSON.stringify(exchange)},"routing_key":${JSON.stringify(routingKey)}}` +
    member('priority', properties.priority) +
    // Left out for plain text: kombu before 5.4 crashes on "utf-8", and every version reads an absent one as plain.
    (bodyEncoding === undefined ? '' : BODY_ENCODING) +
    member('delivery_tag', properties.deliveryTag);
  return `{${json.slice(1)}}`;
}

function member(name: string, value: string | number | null | undefined): string {
  return value === undefined || value === null ? '' : `,"${name}":${JSON.stringify(value)}`;
}

/** The entries of an object, to be appended to others. Most messages have none. */
function members(value: Readonly<Record<string, unknown>>, types: JsonTypes | undefined): string {
  if (isEmpty(value)) return '';
  const inner = encodeJson(value, types, IN_ONE).slice(1, -1);
  return inner === '' ? '' : `,${inner}`;
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}
