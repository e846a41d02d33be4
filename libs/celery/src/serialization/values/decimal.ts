// One way only to read a run of digits: two would be tried in every combination.
const DECIMAL = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|s?nan\d*)$/i;

/**
 * Python's `decimal.Decimal`: the exact text (`1.10`, `1E+3`, `NaN`), digits and trailing zeros kept. Hand the text to the
 * decimal library of your choice; `valueOf` is the nearest double, good for comparing and no more.
 *
 * @throws RangeError when the text is no number that Python's `Decimal` reads.
 */
export class Decimal {
  /** The number as it was written. */
  readonly text: string;

  constructor(text: string | number | bigint) {
    this.text = String(text);
    if (!DECIMAL.test(this.text)) throw new RangeError('not a decimal number');
  }

  valueOf(): number {
    return Number(this.text.replace(/inf(?:inity)?$/i, 'Infinity'));
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}
