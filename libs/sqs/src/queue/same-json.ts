/**
 * Whether two JSON texts say the same to SQS: the order of keys, `"5"` for `5`, and `["a"]` for `"a"` make no difference, as
 * SQS hands policies back in a form of its own.
 */
export function sameJson(left: string, right: string): boolean {
  const [a, b] = [parsed(left), parsed(right)];
  return a !== undefined && b !== undefined && canonical(a) === canonical(b);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? (value ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.map(canonical).sort();
    return items.length === 1 ? (items[0] ?? '') : `[${items.join()}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`;
  }
  return JSON.stringify(String(value));
}
