const NAMED: ReadonlyMap<number, string> = new Map([
  [0x09, String.raw`\t`],
  [0x0a, String.raw`\n`],
  [0x0d, String.raw`\r`],
  [0x5c, '\\\\'],
]);

/**
 * The id of an item for a key of Celery's: its keys are bytes, which its DynamoDB backend turns into text as Python shows bytes,
 * `b'celery-task-meta-…'`, with the quotes.
 */
export function itemKey(key: string): string {
  const quote = key.includes("'") && !key.includes('"') ? '"' : "'";
  const shown = Array.from(Buffer.from(key, 'utf8'), (byte) => shownByte(byte, quote));
  return `b${quote}${shown.join('')}${quote}`;
}

function shownByte(byte: number, quote: string): string {
  const named = NAMED.get(byte);
  if (named !== undefined) return named;
  if (byte < 0x20 || byte > 0x7e) return String.raw`\x${byte.toString(16).padStart(2, '0')}`;
  const character = String.fromCharCode(byte);
  return character === quote ? `\\${character}` : character;
}
