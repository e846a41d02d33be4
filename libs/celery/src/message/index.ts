export { createTaskMessage, type TaskMessageSpec } from './create-task-message.js';
export { decodeMessage, decodeWithLibraries, type DecodeOptions } from './decode-message.js';
export type {
  DecodedMessage,
  DecodedTask,
  ForeignFormat,
  ForeignMessage,
  MalformedMessage,
  MalformedReason,
  RefusedMessage,
} from './decoded-message.js';
export { encodeMessage, type EncodeOptions } from './encode-message.js';
export { openForeign, type EventBridgeEnvelope, type ForeignContent, type SnsEnvelope } from './foreign-envelope.js';
export { isSendable } from './header-names.js';
export { parseIsoDateTime } from './iso-date-time.js';
export { republishMessage, retryMessage, type RetryChange } from './retry-message.js';
export {
  EMPTY_EMBED,
  JSON_CONTENT_TYPE,
  type Embed,
  type MessageProperties,
  type TaskHeaders,
  type TaskMessage,
} from './task-message.js';
export { NAMESPACE_DNS, NAMESPACE_OID, NAMESPACE_URL, uuid5 } from './uuid.js';
