import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, readPage } from './support/markdown.js';

/** Libraries whose errors come to a user's eyes; `sqs-local` answers with SQS's own. */
const FOLDERS = ['src', ...['backends', 'celery', 'producer', 'sqs', 'worker'].map((library) => `libs/${library}/src`)];
const ENTRIES = ['', '/tasks', '/config', '/lambda', '/testing'];

/** Names that begin alike and are no codes: injection tokens, a variable of the environment. */
const NO_CODES = new Set([
  'SQS_CELERY_CLOCK',
  'SQS_CELERY_CONNECTION_OVERRIDES',
  'SQS_CELERY_OPTIONS',
  'SQS_CELERY_QUEUES',
]);
/** Errors that the package throws and catches itself: nobody else ever sees them. */
const INTERNAL = new Set(['EntryRefused', 'JudgedFailure', 'Malformed', 'ReplacedFailure']);

const page = readPage('docs/reference/errors.md');

function sources(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.(spec|test-support)\.ts$/.test(file))
      .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
  );
}

function found(texts: readonly string[], pattern: RegExp): Set<string> {
  return new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name ?? '')));
}

/** Classes that extend `Error`, directly or through one another. */
function errorClasses(texts: readonly string[]): Set<string> {
  const parents = new Map(
    texts.flatMap((text) =>
      [...text.matchAll(/class (\w+) extends (\w+)/g)].map(([, name, parent]) => [name ?? '', parent ?? ''] as const),
    ),
  );
  const isError = (name: string | undefined): boolean =>
    name !== undefined && (name === 'Error' || isError(parents.get(name)));
  return new Set([...parents.keys()].filter(isError));
}

/** Sorted. */
function without(names: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...names].filter((name) => !others.has(name)).toSorted();
}

/** Class and code of each row of the page's tables. */
function rows(): string[][] {
  return [...page.matchAll(/^\| `(\w+)`\s*\|(?:\s*`(SQS_CELERY_\w+)`\s*\|)?/gm)].map(([, name = '', code]) =>
    code === undefined ? [name] : [name, code],
  );
}

describe('docs/reference/errors.md', () => {
  it('has every code there is, and no other', () => {
    const codes = without(found(sources(), /'(SQS_CELERY_[A-Z_]+)'/g), NO_CODES);
    expect(codes.length).toBeGreaterThan(20);
    expect(
      rows()
        .flatMap(([, code]) => code ?? [])
        .toSorted(),
    ).toEqual(codes);
  });

  it('has every class of errors there is, and no other', () => {
    const mentioned = found(
      [page],
      /`((?:\w+(?:Error|Exceeded|Disallowed|Predicate))|ImproperlyConfigured|NotRegistered|IncompleteStream|Replaced|Retry|Ignore|Reject)`/g,
    );
    const classes = without(errorClasses(sources()), INTERNAL);
    expect([...mentioned].filter((name) => name !== 'TypeError').toSorted()).toEqual(classes);
  });

  it.each(ENTRIES)('has every error that nestjs-sqs-celery%s exports', async (entry) => {
    const exported: object = await import(/* @vite-ignore */ `nestjs-sqs-celery${entry}`);
    const errors = Object.entries(exported).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof Error ? [name] : [],
    );
    const documented = new Set([...rows().map(([name]) => name), 'SqsCeleryError']);
    expect(errors.filter((name) => !documented.has(name))).toEqual([]);
  });

  it.each(rows().filter(({ length }) => length === 2))('gives %s its code %s', (name, code) => {
    const thrower = sources().find(
      (text) => new RegExp(`(class|new) ${name}\\b`).test(text) && text.includes(`'${code}'`),
    );
    expect(thrower).toBeDefined();
  });
});
