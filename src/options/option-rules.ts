import { shownText } from './url-like.js';

/** What an option must be, in words and as a test; `secret` keeps its value out of error messages. */
export interface OptionRule {
  readonly expectation: string;
  check(value: unknown): boolean;
  readonly secret?: boolean;
}

/** One rule for every key of an options interface. */
export type OptionRules<Options> = { readonly [Option in keyof Required<Options>]: OptionRule };

/** Lists everything that is wrong with `options`, one sentence each: option, expectation, value. */
export function problemsOf<Options>(where: string, options: object, rules: OptionRules<Options>): string[] {
  const known: Readonly<Record<string, OptionRule>> = rules;
  return Object.entries(options).flatMap(([option, value]) => {
    if (value === undefined) return [];
    const rule = Object.hasOwn(known, option) ? known[option] : undefined;
    if (!rule) return [`${where}${option} is not an option; known are ${Object.keys(known).join(', ')}`];
    return rule.check(value) ? [] : [`${where}${option} must be ${rule.expectation}, got ${shown(value, rule)}`];
  });
}

function shown(value: unknown, rule: OptionRule): string {
  if (!rule.secret || value === null) return describe(value);
  return `${typeof value === 'object' ? 'an object' : `a ${typeof value}`} (not shown)`;
}

/** A value in an error message, short and without secrets. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return shownText(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export const boolean: OptionRule = { expectation: 'true or false', check: (value) => typeof value === 'boolean' };

export const text: OptionRule = {
  expectation: 'a string that is not empty',
  check: (value) => typeof value === 'string' && value !== '',
};

export const anObject: OptionRule = {
  expectation: 'an object',
  check: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  secret: true,
};

export const sqsClient: OptionRule = {
  expectation: "a client of the AWS SDK's (SQSClient)",
  check: (value) => anObject.check(value) && 'send' in Object(value),
  secret: true,
};

export const aFunction: OptionRule = { expectation: 'a function', check: (value) => typeof value === 'function' };

/** Looked at elsewhere. */
export const anything: OptionRule = { expectation: 'anything', check: () => true };

/** A store behind one of the ports: its URL, or an object with these methods. */
export function aStore(...methods: readonly string[]): OptionRule {
  return {
    expectation: `a URL, or a store with the methods ${methods.join(', ')}`,
    check: (value) =>
      text.check(value) ||
      (anObject.check(value) && methods.every((name) => typeof Object(value)[name] === 'function')),
    secret: true,
  };
}

/** A whole number between two others, both included. */
export function whole(from: number, to = Number.MAX_SAFE_INTEGER, unit = ''): OptionRule {
  const range = to === Number.MAX_SAFE_INTEGER ? `from ${from}` : `from ${from} to ${to}`;
  return {
    expectation: `a whole number${unit && ` of ${unit}`} ${range}`,
    check: (value) => Number.isSafeInteger(value) && Number(value) >= from && Number(value) <= to,
  };
}

/** One of these words. */
export function oneOf(...words: readonly string[]): OptionRule {
  return {
    expectation: words.map((word) => `'${word}'`).join(' or '),
    check: (value) => words.some((word) => word === value),
  };
}
