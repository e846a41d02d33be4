import { dirname, join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './markdown.js';
import { folderOf, type SnippetFile } from './snippets.js';

/** Where the files seem to be: inside the package, which they import by its own name. Nothing is written there. */
const FOLDER = join(ROOT, 'test/docs/.snippets');

/** Type-checks the snippets of all pages as one program; answers `page:line message` for each error. */
export function typeErrors(snippets: readonly SnippetFile[]): string[] {
  const options = compilerOptions();
  const files = new Map(snippets.map((file) => [join(FOLDER, folderOf(file.page), file.name), file]));
  const program = ts.createProgram([...files.keys()], options, hostWith(files, options));
  return [...files].flatMap(([path, { page }]) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => `${page}:${lineOf(diagnostic)} ${messageOf(diagnostic)}`);
  });
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  return { ...options, noEmit: true, customConditions: ['@sqs-celery/source'] };
}

function hostWith(files: ReadonlyMap<string, SnippetFile>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const folders = new Set([FOLDER, ...[...files.keys()].map((path) => dirname(path))]);
  return {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path)?.text ?? host.readFile(path),
    directoryExists: (path) => folders.has(path) || (host.directoryExists?.(path) ?? true),
    getSourceFile: (path, ...rest) => {
      const file = files.get(path);
      return file ? ts.createSourceFile(path, file.text, rest[0]) : host.getSourceFile(path, ...rest);
    },
  };
}

function lineOf({ file, start }: ts.Diagnostic): number {
  return file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
}

function messageOf({ messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, '\n');
}
