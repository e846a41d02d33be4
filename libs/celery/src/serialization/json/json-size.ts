const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;

/** How much there is in a JSON text, counted without reading it. */
export interface JsonSize {
  /** Arrays and objects. */
  readonly containers: number;
  /** Values of every kind; may be some too many, for empty arrays and objects. */
  readonly values: number;
}

/** Counts what stands in UTF-8 JSON in one pass, long before anything is made of it. */
export function jsonSize(bytes: Uint8Array): JsonSize {
  let containers = 0;
  let commas = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = closingQuote(bytes, at + 1);
    else if (byte === COMMA) commas += 1;
    else if (byte === OPENING_BRACKET || byte === OPENING_BRACE) containers += 1;
  }
  // Each value but the first of its container has a comma before it.
  return { containers, values: commas + containers + 1 };
}

function closingQuote(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return bytes.length;
}
