import { createHash } from 'node:crypto';
import type { MessageAttributes } from './message-attributes.js';

/** The MD5 digest of a text's UTF-8 bytes, in hexadecimal. */
export function md5(text: string | Buffer): string {
  return createHash('md5').update(text).digest('hex');
}

/**
 * SQS's digest of message attributes: by name, each of name, data type and value with its length before it, and a byte
 * that tells text from bytes. `undefined` for no attributes.
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  if (attributes.size === 0) return undefined;
  const parts: Buffer[] = [];
  for (const name of [...attributes.keys()].toSorted()) {
    const attribute = attributes.get(name);
    if (attribute === undefined) continue;
    const binary = Buffer.isBuffer(attribute.value);
    parts.push(...prefixed(name), ...prefixed(attribute.dataType), Buffer.from([binary ? 2 : 1]));
    parts.push(...prefixed(attribute.value));
  }
  return md5(Buffer.concat(parts));
}

function prefixed(value: string | Buffer): [Buffer, Buffer] {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}
