import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { expect, it } from 'vitest';

const SUITE = fileURLToPath(new URL('sqs-conformance.mjs', import.meta.url));

it('LocalSqs behaves as AWS documents SQS: all 114 checks', { timeout: 180_000 }, async () => {
  const sqs = await LocalSqs.start({ port: 0 });
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-deprecation', SUITE, sqs.endpoint]).catch(
    (failure: { stdout: string }) => failure,
  );
  await sqs.close();
  expect(stdout.split('\n').filter((line) => line.startsWith('FAIL'))).toEqual([]);
  expect(stdout).toContain('114 passed, 0 failed');
});
