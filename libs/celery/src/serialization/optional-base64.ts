import { isUtf8 } from 'node:buffer';

const WHITESPACE = ' \t\n\r\v\f';

/**
 * kombu's rule for an SQS body that may be base64: decoded only if, without outer whitespace, it is canonical base64
 * (standard alphabet, padded, no line breaks) of UTF-8 text; otherwise it stays exactly as it came. Never throws.
 */
export function optionalBase64Decode(body: string): string {
  // A JSON envelope that was sent without base64: not worth a look at the rest.
  if (body.startsWith('{')) return body;
  const candidate = withoutOuterWhitespace(body);
  if (candidate.length % 4 !== 0) return body;
  const bytes = Buffer.from(candidate, 'base64');
  // Node skips what is not base64; only text that comes out the same was canonical.
  return bytes.toString('base64') === candidate && isUtf8(bytes) ? bytes.toString('utf8') : body;
}

/** By hand: a regular expression bound to the end starts again at each of the spaces in between, which is quadratic. */
function withoutOuterWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITESPACE.includes(text.charAt(start))) start += 1;
  while (start < end && WHITESPACE.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
