const HEX = /^[0-9a-f]{32}$/;

/**
 * Python's `uuid.UUID`. Reads what Python reads: 32 hexadecimal digits, with or without hyphens, braces or `urn:uuid:`.
 *
 * @throws RangeError when the text is no UUID.
 */
export class Uuid {
  /** 32 lower-case hexadecimal digits, as kombu writes it. */
  readonly hex: string;

  constructor(text: string) {
    this.hex = text.replace(/urn:|uuid:|[{}-]/g, '').toLowerCase();
    if (!HEX.test(this.hex)) throw new RangeError('not a UUID');
  }

  /** The hyphenated form, `12345678-1234-5678-1234-567812345678`. */
  toString(): string {
    return this.hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  toJSON(): string {
    return this.toString();
  }
}
