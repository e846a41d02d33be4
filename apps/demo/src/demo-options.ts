import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Successes of the worker after which the demo ends; undefined: it runs until it is interrupted. */
  readonly count: number | undefined;
}

/** Reads `--count N`. Throws on anything else. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({ args: [...args], options: { count: { type: 'string' } } });
  if (values.count === undefined) return { count: undefined };
  const count = Number(values.count);
  if (!Number.isInteger(count) || count < 1) {
    throw new Error(`--count: a whole number from 1 expected, got ${values.count}`);
  }
  return { count };
}

/** {@link readOptions}, or one line that says what is wrong with the command line. */
export function optionsOrProblem(args: readonly string[]): DemoOptions | string {
  try {
    return readOptions(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
