import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { optionalBase64Decode } from './index.js';

interface Row {
  readonly raw: string;
  readonly decoded: string;
}

const table = new URL('../../../../test/vectors/tables/optional_b64_decode.json', import.meta.url);
const rows = (JSON.parse(readFileSync(table, 'utf8')) as { rows: Row[] }).rows;

describe('optionalBase64Decode', () => {
  it.each(rows)('reads $raw as kombu does', ({ raw, decoded }) => {
    expect(optionalBase64Decode(raw)).toBe(decoded);
  });

  it.each(['eyJhIjogMX0', 'e-_J', 'eyJh\nIjogMX0=', 'eyJhIjogMX0==', '====', 'A===', '=', ' {"a": 1}\n'])(
    'leaves %j as it is',
    (raw) => {
      expect(optionalBase64Decode(raw)).toBe(raw);
    },
  );

  it('undoes canonical base64 of any text, whitespace around it included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const body = Buffer.from(text).toString('base64');
        expect(optionalBase64Decode(`\n ${body}\t`)).toBe(text === '' ? '' : text);
      }),
    );
  });

  it('takes no longer for a long run of spaces', () => {
    const body = `a${' '.repeat(1_000_000)}aa`;
    expect(optionalBase64Decode(`${body}a`)).toBe(`${body}a`);
  });

  it('keeps a byte order mark', () => {
    expect(optionalBase64Decode(Buffer.from('\uFEFF{}').toString('base64'))).toBe('\uFEFF{}');
  });
});
