import { isUtf8 } from 'node:buffer';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** kombu writes bytes as text where they are UTF-8 and as base64 where not. */
export function encodeBytes(bytes: Uint8Array): { marker: 'bytes' | 'base64'; value: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(bytes)
    ? { marker: 'bytes', value: buffer.toString('utf8') }
    : { marker: 'base64', value: buffer.toString('base64') };
}

/** @throws RangeError when the text has no UTF-8 form. */
export function bytesFromText(text: string): Uint8Array {
  if (LONE_SURROGATE.test(text)) throw new RangeError('the text of bytes holds a lone surrogate');
  return new TextEncoder().encode(text);
}

/** @throws RangeError when the text is not padded base64. */
export function bytesFromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !BASE64.test(text)) throw new RangeError('not base64');
  return new Uint8Array(Buffer.from(text, 'base64'));
}
