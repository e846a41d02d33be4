import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, anchors, links, markdownFiles, readPage } from './support/markdown.js';

function problemOf(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path)));
  if (file.startsWith('..') || !existsSync(join(ROOT, file))) return `${target}: there is no ${file}`;
  if (anchor === undefined || statSync(join(ROOT, file)).isDirectory()) return undefined;
  return anchors(readPage(file)).has(anchor) ? undefined : `${target}: ${file} has no heading #${anchor}`;
}

describe('relative links', () => {
  it.each(markdownFiles())('of %s lead to files and headings', (page) => {
    const relative = links(readPage(page)).filter((target) => !/^[a-z]+:/.test(target));
    expect(relative.flatMap((target) => problemOf(page, target) ?? [])).toEqual([]);
  });
});
