/**
 * A Python `float` whose value is a whole number (`1.0`), which JavaScript cannot tell from the `int` 1. Decoding makes one
 * for every such number below 2^53; arithmetic, comparison (`<`, `==`) and `JSON.stringify` treat it as the number it holds.
 * Give one to a task that must see a `float`: `new Float(1)` is written as `1.0`.
 */
export class Float {
  constructor(readonly value: number) {}

  valueOf(): number {
    return this.value;
  }

  toString(): string {
    return String(this.value);
  }

  toJSON(): number {
    return this.value;
  }
}
