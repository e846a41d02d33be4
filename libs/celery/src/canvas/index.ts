export { readSignature, type SignatureJson, type SubtaskType } from './signature-json.js';
export { signature, type SignatureInit, type SignatureOptions } from './signature.js';
