import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { expect, it, onTestFinished } from 'vitest';
import { startApp, until } from '../nest.test-support.js';
import { WorkerProcess } from '../support/worker-process.js';
import { ROOT } from './support/markdown.js';
import { snippetFiles } from './support/snippets.js';

const PAGE = 'docs/guide/cpu-bound.md';
const FIXTURES = join(ROOT, 'dist/test');

/** Writes the page's files as JavaScript, from which Node finds the built package: threads load nothing else. */
function writePage(): string {
  mkdirSync(FIXTURES, { recursive: true });
  const folder = mkdtempSync(join(FIXTURES, 'docs-'));
  const compilerOptions: ts.CompilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  };
  for (const { name, text } of snippetFiles(PAGE)) {
    const { outputText } = ts.transpileModule(text, { compilerOptions });
    writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), outputText);
  }
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return basename(folder);
}

it('runs the application of the page', async () => {
  const folder = writePage();
  await using producer = await startApp({ options: { worker: false } });
  const { endpoint } = producer.sqs;
  const worker = await WorkerProcess.start({ fixture: `../${folder}/main`, endpoint });
  onTestFinished(() => worker.end('SIGKILL'));
  await producer.tasks.delay('digest.rounds', 'a', 1000);
  await producer.tasks.delay('digest.publish', 'a');
  await until(() => /digest\.rounds\[.*\] succeeded in .*: '[\da-f]{64}'/.test(worker.output), 'the digest', 20_000);
  await until(() => /digest\.publish\[.*\] succeeded in .*: 'published a'/.test(worker.output), 'the other task');
  await worker.end('SIGTERM');
  expect(worker.output).toContain('Warm shutdown');
});
