import { codeBlocks, readPage } from '../../docs/support/markdown.js';
import { snippetFiles, type SnippetFile } from '../../docs/support/snippets.js';

const PAGE = 'README.md';

/** What README.md tells a newcomer to write and to type. */
export interface QuickStart {
  readonly files: readonly SnippetFile[];
  /** `npm install nestjs-sqs-celery …`, by its words. */
  readonly install: readonly string[];
  /** `npx nestjs-sqs-celery local …`, by its words. */
  readonly endpoint: readonly string[];
}

/** Reads it from the page itself, so that what is tried is what is written. */
export function readQuickStart(): QuickStart {
  return {
    files: snippetFiles(PAGE),
    install: command('npm install nestjs-sqs-celery'),
    endpoint: command('npx nestjs-sqs-celery local'),
  };
}

function command(beginning: string): string[] {
  const lines = codeBlocks(readPage(PAGE)).flatMap(({ language, text }) => (language === 'sh' ? text.split('\n') : []));
  const line = lines.find((one) => one.startsWith(beginning));
  if (line === undefined) throw new Error(`${PAGE} has no command that begins with "${beginning}"`);
  return line.replace(/\s+#.*/, '').split(/\s+/);
}
