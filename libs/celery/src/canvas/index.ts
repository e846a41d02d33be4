export { readSignature, type SignatureJson, type SubtaskType } from './signature-json.js';
export { isSingleTask, queueOfSignature, signatureMessage, type SignatureCall } from './signature-message.js';
export { signature, type SignatureInit, type SignatureOptions } from './signature.js';
