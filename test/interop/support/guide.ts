import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The port that the guides write. */
const WRITTEN_PORT = '9324';

/**
 * Writes the files of a guide (code blocks whose first line is a comment with a file name) into a folder that can import this
 * package, and returns the folder. `port` takes the place of the one in the text.
 */
export async function writeGuideFiles(guide: string, port: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guide-'));
  const markdown = await readFile(join(root, 'docs/guide', guide), 'utf8');
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
  for (const [name, source] of guideFiles(markdown)) {
    await writeFile(join(folder, name), source.replaceAll(WRITTEN_PORT, String(port)));
  }
  await linkPackages(folder);
  return folder;
}

/** Name and text of every file that the guide spells out. */
export function guideFiles(markdown: string): Map<string, string> {
  const blocks = markdown.matchAll(/^```(?:python|ts)\n((?:#|\/\/) (\S+)\n[\s\S]*?)^```$/gm);
  return new Map(Array.from(blocks, ([, source = '', name = '']) => [name, source]));
}

/** `node_modules` as a user would have it: ours, and this package beside it. */
async function linkPackages(folder: string): Promise<void> {
  const from = join(root, 'node_modules');
  const to = join(folder, 'node_modules');
  await mkdir(to);
  const packages = (await readdir(from)).filter((name) => !name.startsWith('.'));
  await Promise.all(packages.map((name) => symlink(join(from, name), join(to, name))));
  await symlink(root, join(to, 'nestjs-sqs-celery'));
}
