import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

/** The page that shows the tables. */
export const PAGE = fileURLToPath(new URL('../../../docs/semantics.md', import.meta.url));

const BEGIN = '<!-- begin: written by `npm run semantics -- --markdown` -->';
const END = '<!-- end -->';

/** Puts `markdown` in the place of what the page's generated part says. */
export async function writePage(markdown: string): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${PAGE} lacks its marks: ${BEGIN} … ${END}`);
  const text = `${page.slice(0, begin)}${BEGIN}\n\n${markdown}\n\n${page.slice(end)}`;
  await writeFile(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
}
