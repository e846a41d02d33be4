/** A value of an item as DynamoDB has it: text, a number as text, bytes, or a set of bytes. */
export type AttributeValue =
  | { S: string; N?: never; B?: never; BS?: never }
  | { N: string; S?: never; B?: never; BS?: never }
  | { B: Uint8Array; S?: never; N?: never; BS?: never }
  | { BS: Uint8Array[]; S?: never; N?: never; B?: never };

/** Attributes of an item by name. */
export type Item = Record<string, AttributeValue>;

/** An item as it is read: any other type of value than those above may be in it. */
export type ReadItem = Readonly<
  Record<string, { readonly S?: string; readonly N?: string; readonly B?: Uint8Array; readonly BS?: Uint8Array[] }>
>;

export function text(value: string): AttributeValue {
  return { S: value };
}

export function number(value: number): AttributeValue {
  return { N: String(value) };
}

export function bytes(value: string): AttributeValue {
  return { B: Buffer.from(value, 'utf8') };
}

export function textOf(item: ReadItem, name: string): string | undefined {
  return item[name]?.S;
}

export function numberOf(item: ReadItem, name: string): number | undefined {
  const digits = item[name]?.N;
  return digits === undefined ? undefined : Number(digits);
}

export function bytesOf(item: ReadItem, name: string): Uint8Array | undefined {
  return item[name]?.B;
}

/** The attributes that expressions name as `#attribute`: many of Celery's names are DynamoDB's own words, and refused as they are. */
export function namesIn(...expressions: readonly (string | undefined)[]): Record<string, string> {
  const found = expressions.flatMap((expression) => expression?.match(/#\w+/g) ?? []);
  return Object.fromEntries(found.map((name) => [name, name.slice(1)]));
}
