import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import ts from 'typescript';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));

/** As in the package itself: the transport reaches the ports by their name. */
const MANIFEST = { type: 'module', imports: { '#celery/ports': './libs/celery/src/ports/index.js' } };

/** Libraries compiled to JavaScript, as threads need them: Node 20 runs no TypeScript. */
export interface Compiled {
  /** The compiled form of a source file, named from the project's root. */
  url(source: string): URL;
  remove(): void;
}

/** Compiles the sources of some libraries (`libs/sqs/src`) into a folder from which the project's packages resolve. */
export function compile(...folders: readonly string[]): Compiled {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  const target = mkdtempSync(join(root, 'node_modules/.cache/compiled-'));
  writeFileSync(join(target, 'package.json'), JSON.stringify(MANIFEST));
  for (const folder of folders) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.ts') && !/\.(spec|test-support)\.ts$/.test(file)) compileFile(join(folder, file), target);
    }
  }
  return {
    url: (source) => pathToFileURL(join(target, source.replace(/\.ts$/, '.js'))),
    remove: () => rmSync(target, { recursive: true }),
  };
}

function compileFile(source: string, target: string): void {
  const output = join(target, source.replace(/\.ts$/, '.js'));
  const { outputText } = ts.transpileModule(readFileSync(join(root, source), 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, outputText);
}
