const BEGIN = '<!-- begin: written by `npm run bench -- --markdown` -->';
const END = '<!-- end -->';

/** Puts the figures of a run into the page between its marks. */
export function withFigures(page: string, figures: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`the page has no marks ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${figures}\n\n${page.slice(end)}`;
}
