export {
  ContentDisallowed,
  DecodeError,
  DecompressedTooLargeError,
  EncodeError,
  NestingTooDeepError,
  UnsupportedCompressionError,
} from '../errors/serialization-errors.js';
export { builtinCompressors } from './compression/builtin-compressors.js';
export type { Compressor } from './compression/compressor.js';
export { Compressors } from './compression/compressors.js';
export { knownCompression, type CompressionNames } from './compression/known-compressions.js';
export { loadCompressor, type ImportModule } from './compression/load-compressor.js';
export { CONTENT_TYPES, ContentTypes, serializerName, type ContentType } from './content-types.js';
export { decodeJson, type DecodeJsonOptions } from './json/decode-json.js';
export { encodeJson } from './json/encode-json.js';
export { jsonSize, type JsonSize } from './json/json-size.js';
export { JsonTypes, jsonTypes, type JsonType } from './json/json-types.js';
export { jsonSerializer, type Serializer } from './json-serializer.js';
export { optionalBase64Decode } from './optional-base64.js';
export { DateTime, isoformat, type DateTimeDetail } from './values/date-time.js';
export { Decimal } from './values/decimal.js';
export { Float } from './values/float.js';
export { PlainDate } from './values/plain-date.js';
export { PlainTime } from './values/plain-time.js';
export { toPlain } from './values/to-plain.js';
export { Uuid } from './values/uuid.js';
