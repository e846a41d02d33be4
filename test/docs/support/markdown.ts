import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', '.git']);

/** A fenced block of a page. */
export interface CodeBlock {
  /** First word behind the fence. */
  readonly language: string;
  /** Line of the page on which its text begins, from 1. */
  readonly line: number;
  readonly text: string;
}

/** All Markdown files of the checkout, relative to its root. */
export function markdownFiles(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : markdownFiles(path);
      return entry.name.endsWith('.md') ? [relative(ROOT, path)] : [];
    })
    .toSorted();
}

/** The text of a page, by its path from the root. */
export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The fenced blocks of a page. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)/.exec(text);
    if (open && fence) {
      blocks.push({ language: open.language, line: open.line, text: open.lines.join('\n') });
      open = undefined;
    } else if (fence) {
      open = { language: fence[1] ?? '', line: index + 2, lines: [] };
    } else {
      open?.lines.push(text);
    }
  }
  return blocks;
}

/** A page without what stands in fences and code spans, where brackets are no links. */
export function prose(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

/** Targets of the links of a page. */
export function links(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\[(?:[^\]]*)\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(markdown: string): Set<string> {
  const text = markdown.replace(/^```[\s\S]*?^```/gm, '');
  const seen = new Map<string, number>();
  return new Set(
    [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
      const anchor = (heading ?? '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-');
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    }),
  );
}
