import { scalarRepr } from './scalar-repr.js';
import { bytesRepr, pythonLength, stringRepr, truncate } from './text-repr.js';

/** How {@link saferepr} cuts. */
export interface SafereprOptions {
  /** Characters after which the rest is left out; closing brackets still follow. Default 1024, as `argsrepr_maxsize`. */
  readonly maxLength?: number;
  /** Levels of containers that are opened; deeper ones are shown as `[...]`. Default 3. */
  readonly maxDepth?: number;
  /** Shows an array at the top as a tuple, as Celery has positional arguments. Default false. */
  readonly tuple?: boolean;
}

/**
 * A value as Celery shows it in `argsrepr`, `kwargsrepr` and its logs: Python's `repr`, cut in length and depth exactly as
 * Celery 5.6 cuts it. (5.7 closes the brackets of a cut value differently.) For people: nothing can be read back from it.
 * Never throws.
 */
export function saferepr(value: unknown, options: SafereprOptions = {}): string {
  const { maxLength = 1024, maxDepth = 3, tuple = false } = options;
  const writer = new ReprWriter(maxLength, maxDepth);
  writer.write(value, tuple);
  return writer.text;
}

interface Container {
  readonly open: string;
  readonly close: string;
  readonly items: Iterable<Item>;
}

interface Item {
  /** The key of a dict's item. */
  readonly key?: string;
  readonly value: unknown;
}

class ReprWriter {
  text = '';
  #remaining: number;
  readonly #maxDepth: number;
  readonly #open = new Set<object>();

  constructor(maxLength: number, maxDepth: number) {
    this.#remaining = maxLength;
    this.#maxDepth = maxDepth;
  }

  /** False once the length is used up: the caller then only closes what it has opened. */
  write(value: unknown, tuple = false): boolean {
    if (typeof value === 'string') return this.#token(() => stringRepr(value, this.#remaining));
    if (value instanceof Uint8Array) return this.#token(() => bytesRepr(value, this.#remaining));
    const container = containerOf(value, tuple);
    if (!container || typeof value !== 'object' || value === null) return this.#scalar(scalarRepr(value));
    if (this.#open.size >= this.#maxDepth) return this.#scalar(`${container.open}...${container.close}`);
    if (this.#open.has(value)) return this.#scalar(`<Recursion on ${container.open}${container.close}>`);
    return this.#container(value, container);
  }

  #container(value: object, { open, close, items }: Container): boolean {
    this.#open.add(value);
    const complete = this.#literal(open) && this.#items(items);
    this.#open.delete(value);
    // Celery loses the bracket at which it notices that the length is used up, but closes all others.
    if (complete) return this.#literal(close);
    this.text += close;
    return false;
  }

  #items(items: Iterable<Item>): boolean {
    let separator = '';
    for (const { key, value } of items) {
      if (separator !== '' && !this.#literal(separator)) return false;
      separator = ', ';
      if (key !== undefined && !this.#key(key)) return false;
      if (!this.write(value)) return false;
    }
    return true;
  }

  #key(key: string): boolean {
    return this.#token(() => stringRepr(key, this.#remaining)) && this.#literal(': ');
  }

  #scalar(text: string): boolean {
    return this.#token(() => truncate(text, this.#remaining));
  }

  #literal(text: string): boolean {
    return this.#token(() => text);
  }

  #token(render: () => string): boolean {
    if (this.#remaining <= 0) {
      this.text += ', ...';
      return false;
    }
    const text = render();
    this.text += text;
    this.#remaining -= pythonLength(text);
    return true;
  }
}

function containerOf(value: unknown, tuple: boolean): Container | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return tuple ? tupleOf(value) : { open: '[', close: ']', items: itemsOf(value) };
  if (value instanceof Set) return setOf(value);
  if (!isRecord(value)) return undefined;
  return { open: '{', close: '}', items: membersOf(value) };
}

function tupleOf(items: readonly unknown[]): Container {
  return { open: '(', close: items.length === 1 ? ',)' : ')', items: itemsOf(items) };
}

function setOf(items: ReadonlySet<unknown>): Container | undefined {
  return items.size === 0 ? undefined : { open: '{', close: '}', items: itemsOf(items) };
}

function* itemsOf(values: Iterable<unknown>): Iterable<Item> {
  for (const value of values) yield { value };
}

function* membersOf(record: Record<string, unknown>): Iterable<Item> {
  for (const key of Object.keys(record)) yield { key, value: record[key] };
}

/** What encoding would make a dict of: plain objects and class instances, but not Map, Error and their like. */
function isRecord(value: object): value is Record<string, unknown> {
  if ('toJSON' in value) return false;
  return Object.prototype.toString.call(value) === '[object Object]';
}
