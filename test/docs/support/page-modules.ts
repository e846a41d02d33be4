import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './markdown.js';
import { folderOf, snippetFiles } from './snippets.js';

const CACHE = join(ROOT, 'node_modules/.cache');

/** The modules that pages show, written where Node finds the package and its peers, and imported from there. */
export class PageModules implements Disposable {
  readonly #folder: string;

  constructor(pages: readonly string[]) {
    mkdirSync(CACHE, { recursive: true });
    this.#folder = mkdtempSync(join(CACHE, 'docs-'));
    for (const page of pages) this.#write(page);
  }

  /** Imports a file of a page; `Module` is what it exports. */
  async import<Module = Record<string, unknown>>(page: string, file: string): Promise<Module> {
    return (await import(/* @vite-ignore */ join(this.#folder, folderOf(page), file))) as Module;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(page: string): void {
    const folder = join(this.#folder, folderOf(page));
    mkdirSync(folder, { recursive: true });
    for (const { name, text } of snippetFiles(page)) writeFileSync(join(folder, name), compiled(text));
  }
}

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
};

/** Compiled by TypeScript, as Vite takes no tsconfig for files there; what is left stays valid under the name of a .ts file. */
function compiled(text: string): string {
  return ts.transpileModule(text, { compilerOptions: OPTIONS }).outputText;
}
