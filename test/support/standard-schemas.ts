import type { StandardSchemaV1 } from '@standard-schema/spec';

type Validate<Value> = (value: unknown) => StandardSchemaV1.Result<Value>;

/** A schema of the Standard Schema interface, as Zod's, Valibot's and ArkType's are. */
function schema<Value>(validate: Validate<Value>): StandardSchemaV1<unknown, Value> {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

function checked<Value>(is: (value: unknown) => boolean, message: string): StandardSchemaV1<unknown, Value> {
  return schema<Value>((value) => (is(value) ? { value: value as Value } : { issues: [{ message }] }));
}

export const anything = checked<unknown>(() => true, '');
export const text = checked<string>((value) => typeof value === 'string', 'must be a text');
export const number = checked<number>((value) => typeof value === 'number', 'must be a number');
export const integer = checked<number>((value) => Number.isInteger(value), 'must be an integer');

/** An array; issues have the index in their path. */
export function arrayOf<Value>(item: StandardSchemaV1<unknown, Value>): StandardSchemaV1<unknown, Value[]> {
  return schema((value) =>
    Array.isArray(value) ? all(value.map((one, index) => [index, one, item])) : not('an array'),
  );
}

/** An object with these keys; others are left out, as Zod does. */
export function object(keys: Readonly<Record<string, StandardSchemaV1>>): StandardSchemaV1<unknown, object> {
  return schema((value) => {
    if (typeof value !== 'object' || value === null) return not('an object');
    const result = all(Object.entries(keys).map(([key, item]) => [key, Reflect.get(value, key), item]));
    if (result.issues) return result;
    return { value: Object.fromEntries(Object.keys(keys).map((key, index) => [key, result.value[index]])) };
  });
}

function not(what: string): StandardSchemaV1.FailureResult {
  return { issues: [{ message: `must be ${what}` }] };
}

function all<Value>(
  parts: readonly (readonly [PropertyKey, unknown, StandardSchemaV1<unknown, Value>])[],
): StandardSchemaV1.Result<Value[]> {
  const results = parts.map(([key, value, item]) => [key, item['~standard'].validate(value)] as const);
  const issues = results.flatMap(([key, result]) => {
    if (result instanceof Promise) throw new TypeError('no asynchronous schemas here');
    return (result.issues ?? []).map((issue) => ({ ...issue, path: [key, ...(issue.path ?? [])] }));
  });
  if (issues.length > 0) return { issues };
  return { value: results.flatMap(([, result]) => ('value' in result ? [result.value] : [])) };
}
