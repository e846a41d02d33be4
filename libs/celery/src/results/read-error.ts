/** A property of a thrown value. A getter, or a Proxy, may throw: what was thrown must not break the report of it. */
export function readProperty(owner: object, name: string): unknown {
  try {
    return Reflect.get(owner, name);
  } catch {
    return undefined;
  }
}

const builtinNames: ReadonlySet<string> = new Set([
  'Error',
  'EvalError',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'URIError',
  'ReferenceError',
  'AggregateError',
]);

const LONE_SURROGATES = /\p{Cs}/gu;
// Python makes a class of the name, and refuses NUL.
const CONTROL_CHARACTERS = /\p{Cc}/gu;
const MAX_NAME_LENGTH = 200;

/** The name of an error's class: its `name`, or that of its constructor where a subclass has not set one. */
export function errorName(error: Error): string {
  const own = readProperty(error, 'name');
  const name = typeof own === 'string' && own !== '' ? own : 'Error';
  const chosen = builtinNames.has(name) ? (className(error) ?? name) : name;
  return wellFormed(chosen.replaceAll(CONTROL_CHARACTERS, '_').slice(0, MAX_NAME_LENGTH));
}

/** Text without halves of characters (a message that was cut within an emoji): Python fails at printing them. */
export function wellFormed(text: string): string {
  return text.replaceAll(LONE_SURROGATES, '\uFFFD');
}

/** The message of an error; of an AggregateError without one (`connect ECONNREFUSED`, both families) those of its errors. */
export function errorMessage(error: Error): unknown {
  const message = readProperty(error, 'message');
  const errors = readProperty(error, 'errors');
  if (message !== '' || !Array.isArray(errors)) return message;
  const messages = errors.map((one: unknown) => (one instanceof Error ? readProperty(one, 'message') : undefined));
  return messages.filter((one) => typeof one === 'string' && one !== '').join('; ');
}

function className(error: Error): string | undefined {
  const constructor = readProperty(error, 'constructor');
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : undefined;
}
