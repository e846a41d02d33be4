import { DefaultValuePipe } from '@nestjs/common';
import type { TaskMetadata, TaskParameter } from './task-metadata.js';

/** A parameter as the binding needs it. */
export interface BindableParameter extends Pick<TaskParameter, 'kind' | 'data'> {
  readonly required: boolean;
}

/** The signature of a handler in Python's terms. */
export interface TaskSignature {
  /** Name of the method, for messages. */
  readonly name: string;
  readonly parameters: readonly BindableParameter[];
}

/** Values by {@link TaskParameter.data}; what is missing takes its default. */
export type BoundArguments = ReadonlyMap<number | string, unknown>;

/**
 * Binds arguments to parameters as a call in Python does.
 *
 * @throws TypeError in Python's words, checked in CPython's order
 */
export function bindArguments(
  { name, parameters }: TaskSignature,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): Map<number | string, unknown> {
  const positional = parameters.filter(isPositional);
  const bound = new Map<number | string, unknown>();
  positional.forEach(({ data }, position) => position < args.length && bound.set(data, args[position]));
  bindKeywords(name, parameters, kwargs, bound);
  if (args.length > positional.length && !bindRest(parameters, args.slice(positional.length), bound)) {
    throw tooManyPositional(name, parameters, args, bound);
  }
  checkMissing(name, 'positional', positional, bound);
  checkMissing(name, 'keyword-only', parameters.filter(isKeywordOnly), bound);
  bindLeftovers(parameters, bound);
  return bound;
}

/** Whether a parameter stands before the first default value, and nothing else makes it optional. */
export function isRequired({ index, optional, pipes }: TaskParameter, { required }: TaskMetadata): boolean {
  return index < required && !optional && !pipes.some((pipe) => pipe instanceof DefaultValuePipe);
}

const isPositional = ({ kind }: BindableParameter): boolean => kind === 'positional' || kind === 'arg';
const isKeywordOnly = ({ kind }: BindableParameter): boolean => kind === 'kwarg';
const isNamed = ({ kind }: BindableParameter): boolean => kind === 'arg' || kind === 'kwarg';

function bindKeywords(
  name: string,
  parameters: readonly BindableParameter[],
  kwargs: Readonly<Record<string, unknown>>,
  bound: Map<number | string, unknown>,
): void {
  const named = new Set(parameters.filter(isNamed).map(({ data }) => data));
  const collects = parameters.some(({ kind }) => kind === 'kwargs');
  const left: [string, unknown][] = [];
  for (const [key, value] of Object.entries(kwargs)) {
    if (!named.has(key)) {
      if (!collects) throw new TypeError(`${name}() got an unexpected keyword argument '${key}'`);
      left.push([key, value]);
    } else if (bound.has(key)) {
      throw new TypeError(`${name}() got multiple values for argument '${key}'`);
    } else {
      bound.set(key, value);
    }
  }
  if (collects) bound.set('**', Object.fromEntries(left));
}

function bindRest(
  parameters: readonly BindableParameter[],
  rest: readonly unknown[],
  bound: Map<number | string, unknown>,
): boolean {
  const collects = parameters.some(({ kind }) => kind === 'args');
  if (collects) bound.set('*', rest);
  return collects;
}

/** `*args` is there even when nothing is left for it. */
function bindLeftovers(parameters: readonly BindableParameter[], bound: Map<number | string, unknown>): void {
  if (!bound.has('*') && parameters.some(({ kind }) => kind === 'args')) bound.set('*', []);
}

function checkMissing(
  name: string,
  kind: 'positional' | 'keyword-only',
  parameters: readonly BindableParameter[],
  bound: BoundArguments,
): void {
  const missing = parameters.filter(({ required, data }) => required && !bound.has(data)).map(label);
  if (missing.length === 0) return;
  const noun = `required ${kind} argument${missing.length === 1 ? '' : 's'}`;
  throw new TypeError(`${name}() missing ${missing.length} ${noun}: ${listed(missing)}`);
}

/** Positional-only parameters have no name in the message: they are called by their place, from 1. */
function label({ data }: BindableParameter): string {
  return typeof data === 'number' ? `'#${data + 1}'` : `'${data}'`;
}

function listed(names: readonly string[]): string {
  if (names.length < 3) return names.join(' and ');
  return `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}`;
}

function tooManyPositional(
  name: string,
  parameters: readonly BindableParameter[],
  args: readonly unknown[],
  bound: BoundArguments,
): TypeError {
  const positional = parameters.filter(isPositional);
  const least = positional.filter(({ required }) => required).length;
  const most = positional.length;
  const takes = least === most ? String(most) : `from ${least} to ${most}`;
  const plural = least === most && most === 1 ? '' : 's';
  return new TypeError(
    `${name}() takes ${takes} positional argument${plural} but ${given(args.length, parameters, bound)}`,
  );
}

function given(positional: number, parameters: readonly BindableParameter[], bound: BoundArguments): string {
  const keywordOnly = parameters.filter(isKeywordOnly).filter(({ data }) => bound.has(data)).length;
  if (keywordOnly === 0) return `${positional} ${positional === 1 ? 'was' : 'were'} given`;
  const plural = (count: number): string => (count === 1 ? '' : 's');
  return `${positional} positional argument${plural(positional)} (and ${keywordOnly} keyword-only argument${plural(keywordOnly)}) were given`;
}
