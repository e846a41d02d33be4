import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { ROOT } from './support/markdown.js';

const EXPORTS = {
  '.': [
    'Arg',
    'Args',
    'AsyncResult',
    'BackendError',
    'CLOCK',
    'ClaimLostError',
    'ConnectionsNotReadyError',
    'DateTime',
    'Decimal',
    'DynamoDbIdempotencyStore',
    'DynamoDbResultStore',
    'DynamoDbRevocationStore',
    'EncodeError',
    'Float',
    'GroupResult',
    'Ignore',
    'ImproperlyConfigured',
    'IncompleteStream',
    'InjectTaskEvents',
    'InjectTaskProducer',
    'InjectWorkerControl',
    'InvalidConfigurationError',
    'InvalidTaskError',
    'Kwarg',
    'Kwargs',
    'LeaseLostError',
    'MaxRetriesExceededError',
    'MemoryIdempotencyStore',
    'MemoryResultStore',
    'MemoryRevocationStore',
    'MessageTooLargeError',
    'MissingCredentialsError',
    'MissingRegionError',
    'NoStoreError',
    'NotConnectedError',
    'NotRegistered',
    'OnTaskEvent',
    'PlainDate',
    'PlainTime',
    'QueueAccessDeniedError',
    'QueueAttributesInvalidError',
    'QueueAttributesMismatchError',
    'QueueNotConsumedError',
    'QueueNotFoundError',
    'QueueRequestError',
    'QueuesNotReadyError',
    'RawMessage',
    'RawMessageContext',
    'RawMessageRequest',
    'RedisIdempotencyStore',
    'RedisResultStore',
    'RedisRevocationStore',
    'Reject',
    'RemoteTaskError',
    'ResultIgnoredError',
    'ResultsClosedError',
    'Retry',
    'S3ResultStore',
    'SQS_CELERY_OPTIONS',
    'SendFailedError',
    'SoftTimeLimitExceeded',
    'SqsCeleryCosts',
    'SqsCeleryError',
    'SqsCeleryHealth',
    'SqsCeleryHealthIndicator',
    'SqsCeleryModule',
    'SqsTransportError',
    'Task',
    'TaskContext',
    'TaskEvents',
    'TaskProducer',
    'TaskRequest',
    'TaskRevokedError',
    'TimeLimitExceeded',
    'TimeoutError',
    'TransportClosedError',
    'UndefinedQueueError',
    'UnrecoverableError',
    'UnsupportedCompressionError',
    'Uuid',
    'WorkerControl',
    'WorkerLostError',
    'WouldBlockError',
    'chain',
    'chord',
    'chunks',
    'defineTask',
    'getSqsCeleryOptionsToken',
    'getTaskEventsToken',
    'getTaskProducerToken',
    'getWorkerControlToken',
    'group',
    'immutable',
    'jsonTypes',
    'link',
    'linkError',
    'map',
    'signature',
    'stamp',
    'starmap',
    'toPlain',
    'withOptions',
  ],
  './tasks': [
    'DateTime',
    'Decimal',
    'Float',
    'Ignore',
    'PlainDate',
    'PlainTime',
    'Reject',
    'Retry',
    'SoftTimeLimitExceeded',
    'UnrecoverableError',
    'Uuid',
    'chain',
    'chord',
    'chunks',
    'defineTask',
    'group',
    'immutable',
    'jsonTypes',
    'link',
    'linkError',
    'map',
    'signature',
    'stamp',
    'starmap',
    'toPlain',
    'withOptions',
  ],
  './config': ['sqsCeleryConfig'],
  './lambda': ['UnknownEventSourceError', 'createLambdaHandler'],
  './testing': ['LocalSqs', 'SqsCeleryTesting', 'VirtualClock', 'createTaskRequest'],
};

interface PackageJson {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const { exports, imports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as PackageJson;

/** The file of this checkout that an import means, by its path from the root; undefined for somebody else's module. */
function sourceOf(specifier: string, from: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(from), specifier.replace(/\.js$/, '.ts'));
  return imports[specifier]?.['@sqs-celery/source'];
}

/** Everything that a source file needs from outside of the checkout, itself or through others; types count as well. */
function foreignImports(entry: string): string[] {
  const seen = new Set([entry]);
  const foreign = new Set<string>();
  for (const file of seen) {
    for (const { fileName } of ts.preProcessFile(readFileSync(join(ROOT, file), 'utf8')).importedFiles) {
      const source = sourceOf(fileName, file);
      if (source === undefined) foreign.add(fileName);
      else seen.add(source);
    }
  }
  return [...foreign].toSorted();
}

it.each(Object.entries(EXPORTS))('%s exports what it is to export, and no more', async (entry, names) => {
  const found: object = await import(/* @vite-ignore */ `nestjs-sqs-celery${entry.slice(1)}`);
  expect(Object.keys(found).toSorted()).toEqual(names);
});

it('has no other entries', () => {
  expect(Object.keys(exports)).toEqual([...Object.keys(EXPORTS), './package.json']);
});

it("needs nothing but Node's own modules in ./tasks", () => {
  const foreign = foreignImports('src/tasks.ts');
  expect(foreign).toContain('node:crypto');
  expect(foreign.filter((specifier) => !specifier.startsWith('node:'))).toEqual([]);
});

it('needs nothing but the configuration of Nest in ./config', () => {
  expect(foreignImports('src/config/index.ts')).toContain('@nestjs/config');
});

it('needs no more in ./testing than an application does, and @nestjs/testing not even for its types', () => {
  const ofApplication = foreignImports('src/index.ts');
  const foreign = foreignImports('src/testing/index.ts').filter((specifier) => !specifier.startsWith('node:'));
  expect(foreign.filter((specifier) => !ofApplication.includes(specifier))).toEqual([]);
  expect(foreign).not.toContain('@nestjs/testing');
});
