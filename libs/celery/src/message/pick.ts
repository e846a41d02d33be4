/** The entries of `source` whose name passes, as a new object. A name like `__proto__` becomes an ordinary entry. */
export function pick(
  source: Readonly<Record<string, unknown>>,
  passes: (name: string) => boolean,
): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of Object.keys(source)) {
    if (passes(name)) define(picked, name, source[name]);
  }
  return picked;
}

function define(target: Record<string, unknown>, name: string, value: unknown): void {
  // Assigning to __proto__ would exchange the prototype instead of adding an entry.
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}
