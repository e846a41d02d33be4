import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const FOLDER = join(ROOT, 'test/types');
const STARTER = 'node_modules/@nestjs/schematics/dist/lib/application/files';

/** The compiler's options of a tsconfig.json, or of the template that `nest new` makes one of. */
function optionsOf(path: string, strict?: boolean): ts.CompilerOptions {
  const text = readFileSync(join(ROOT, path), 'utf8').replace('<%= strict %>', String(strict));
  const { config, error } = ts.parseConfigFileTextToJson(path, text);
  if (error) throw new Error(textOf(error));
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, types: ['node'] }, ROOT);
  return { ...options, noEmit: true, incremental: false, customConditions: ['@sqs-celery/source'] };
}

/** What the compiler says of the files, `file:line message` each; a `@ts-expect-error` without an error is one. */
function errorsWith(options: ts.CompilerOptions): string[] {
  const files = readdirSync(FOLDER).map((file) => join(FOLDER, file));
  const program = ts.createProgram(files, options);
  return files.flatMap((path) => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => `${path.slice(FOLDER.length + 1)}:${lineOf(diagnostic)} ${textOf(diagnostic)}`);
  });
}

function lineOf({ file, start }: ts.Diagnostic): number {
  return file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
}

function textOf({ messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, '\n');
}

describe('types accept and refuse what test/types says', () => {
  it.each<[string, ts.CompilerOptions]>([
    ['the settings of this project', optionsOf('tsconfig.json')],
    ['those of `nest new`', optionsOf(`${STARTER}/ts-esm/tsconfig.json`, true)],
    ['those of `nest new --no-strict`', optionsOf(`${STARTER}/ts-esm/tsconfig.json`, false)],
  ])(
    'with %s',
    (_, options) => {
      expect(errorsWith(options)).toEqual([]);
    },
    120_000,
  );
});
