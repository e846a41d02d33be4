import { isUtf8 } from 'node:buffer';

const ELLIPSIS = '...';

/** Python counts code points where JavaScript counts UTF-16 units; all lengths here are Python's. */
export function pythonLength(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length - 1; at += 1) {
    if (isPair(text, at)) {
      length -= 1;
      at += 1;
    }
  }
  return length;
}

/** Celery's `truncate`: text of `max` code points or more is cut there, back to the last space before it if there is one. */
export function truncate(text: string, max: number): string {
  // A code point takes at most two units: no need to look at more of a long text.
  const start = text.slice(0, 2 * max);
  if (pythonLength(start) < max) return text;
  const cut = Array.from(start).slice(0, max).join('');
  const space = cut.lastIndexOf(' ');
  return (space < 0 ? cut : cut.slice(0, space)) + ELLIPSIS;
}

/** Always in single quotes; nothing but the quote is escaped, as Celery does it. */
export function stringRepr(text: string, max: number): string {
  return `'${truncate(text, max).replaceAll("'", "\\'")}'`;
}

/** Bytes as text where they are UTF-8, in hexadecimal digits where not. */
export function bytesRepr(bytes: Uint8Array, max: number): string {
  const shown = bytes.length > max ? bytes.subarray(0, max) : bytes;
  const buffer = Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength);
  const text = isUtf8(shown) ? buffer.toString('utf8') : buffer.toString('hex');
  return `b'${text}${shown === bytes ? '' : ELLIPSIS}'`;
}

function isPair(text: string, at: number): boolean {
  return text.charCodeAt(at) >> 10 === 0x36 && text.charCodeAt(at + 1) >> 10 === 0x37;
}
