import { codeBlocks, readPage } from './markdown.js';

/** A TypeScript file that a page shows. */
export interface SnippetFile {
  /** The page, by its path from the root. */
  readonly page: string;
  /** What the first line says, `// orders.tasks.ts`; a name made from the line of a block that does not say. */
  readonly name: string;
  /** Every line stands where it stands in the page, so that a message about it names the page's line. */
  readonly text: string;
}

/**
 * The TypeScript blocks of a page. Each is a module of its own; a comment in its first line names it (`// orders.tasks.ts`), so
 * that other blocks of the page can import it.
 */
export function snippetFiles(page: string): SnippetFile[] {
  const files = codeBlocks(readPage(page)).flatMap(({ language, line, text }) => {
    if (language !== 'ts') return [];
    const name = /^\/\/ (\S+\.ts)\n/.exec(text)?.[1] ?? `line-${line}.ts`;
    return [{ page, name, text: `${'\n'.repeat(line - 1)}${text}\n` }];
  });
  const twice = files.find(({ name }, index) => files.findIndex((file) => file.name === name) < index);
  if (twice) throw new Error(`${page} shows two files of the name ${twice.name}`);
  return files;
}

/** A name for the folder of a page. */
export function folderOf(page: string): string {
  return page.replace(/\.md$/, '').replaceAll('/', '-').toLowerCase();
}
