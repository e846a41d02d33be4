import { invalidMessageContents } from '../errors.js';

/** Everything SQS does not let into a message: it must be XML. With the `u` flag lone surrogates match too. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** Refuses characters that SQS refuses; `what` names the text in the error. */
export function checkCharacters(what: string, text: string): void {
  if (FORBIDDEN.test(text)) throw invalidMessageContents(what);
}
