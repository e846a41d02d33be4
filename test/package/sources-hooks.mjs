import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiled files by the hash of their source: a test starts many processes of the same sources. */
const cache = join(tmpdir(), 'nestjs-sqs-celery-sources');
const FORM = '1';

/** Sources import each other as what they compile to. */
export async function resolve(specifier, context, next) {
  const fromSource = context.parentURL === undefined || context.parentURL.endsWith('.ts');
  if (!fromSource || !/^(\.|file:).*\.js$/.test(specifier)) return next(specifier, context);
  try {
    return await next(specifier.replace(/\.js$/, '.ts'), context);
  } catch {
    return next(specifier, context);
  }
}

export async function load(url, context, next) {
  if (!/^file:.*\.ts$/.test(url)) return next(url, context);
  return { format: 'module', shortCircuit: true, source: await compiled(fileURLToPath(url)) };
}

async function compiled(file) {
  const source = await readFile(file, 'utf8');
  const hash = createHash('sha256').update(FORM).update(file).update(source).digest('hex');
  const kept = join(cache, `${hash}.js`);
  return readFile(kept, 'utf8').catch(() => compile(file, source, kept));
}

async function compile(file, source, kept) {
  // The compiler takes longer to load than most programs to start: only where it is needed.
  const { default: ts } = await import('typescript');
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    inlineSourceMap: true,
  };
  const { outputText } = ts.transpileModule(source, { compilerOptions, fileName: file });
  await mkdir(cache, { recursive: true });
  // Renamed into its place: another process may read it at any moment.
  const written = `${kept}.${process.pid}`;
  await writeFile(written, outputText);
  await rename(written, kept);
  return outputText;
}
