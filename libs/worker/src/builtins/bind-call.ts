import type { TaskMessage } from '#celery';

/** A function of Celery's behind a built-in task. */
export interface Callee<Name extends string> {
  readonly name: string;
  /** Names of its parameters, in their order. */
  readonly parameters: readonly Name[];
  /** How many of them, from the first, have no default. */
  readonly required: number;
  /** Whether it takes keyword arguments of any other name (`**kwargs`). Default: it does not. */
  readonly takesMore?: boolean;
}

/** The arguments of a message. */
export type Call = Pick<TaskMessage, 'args' | 'kwargs'>;

/** Arguments by the names of their parameters; what is not there has its default. */
export interface BoundCall<Name extends string> {
  readonly values: Readonly<Partial<Record<Name, unknown>>>;
  /** Keyword arguments of other names. */
  readonly more: Readonly<Record<string, unknown>>;
}

/**
 * Binds the arguments of a message as a call in Python does.
 *
 * @throws TypeError in Python's words where they do not fit
 */
export function bindCall<Name extends string>(callee: Callee<Name>, { args, kwargs }: Call): BoundCall<Name> {
  const { name, parameters, required } = callee;
  if (args.length > parameters.length) throw tooMany(callee, args.length);
  const values: Partial<Record<Name, unknown>> = {};
  parameters.slice(0, args.length).forEach((parameter, index) => (values[parameter] = args[index]));
  const named = parameters.filter((parameter) => Object.hasOwn(kwargs, parameter));
  for (const parameter of named) {
    if (parameter in values) throw new TypeError(`${name}() got multiple values for argument '${parameter}'`);
    values[parameter] = kwargs[parameter];
  }
  const missing = parameters.slice(0, required).filter((parameter) => !(parameter in values));
  if (missing.length > 0) throw missingArguments(name, missing);
  return { values, more: surplus(callee, kwargs) };
}

function surplus<Name extends string>(
  { name, parameters, takesMore = false }: Callee<Name>,
  kwargs: Call['kwargs'],
): Call['kwargs'] {
  const more = Object.entries(kwargs).filter(([key]) => !parameters.some((parameter) => parameter === key));
  const [first] = more;
  if (first && !takesMore) throw new TypeError(`${name}() got an unexpected keyword argument '${first[0]}'`);
  return Object.fromEntries(more);
}

function tooMany({ name, parameters, required }: Callee<string>, given: number): TypeError {
  const most = parameters.length;
  const takes = required === most ? String(most) : `from ${required} to ${most}`;
  return new TypeError(`${name}() takes ${takes} positional arguments but ${given} were given`);
}

function missingArguments(name: string, missing: readonly string[]): TypeError {
  const noun = `required positional argument${missing.length === 1 ? '' : 's'}`;
  return new TypeError(`${name}() missing ${missing.length} ${noun}: ${listed(missing.map((one) => `'${one}'`))}`);
}

function listed(names: readonly string[]): string {
  if (names.length < 3) return names.join(' and ');
  return `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}`;
}

/** @throws TypeError for an argument that is no list */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} must be a list`);
  return value;
}
