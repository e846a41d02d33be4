import * as s3 from '@aws-sdk/client-s3';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { TaskMeta } from '#celery/ports';
import { BackendError, ImproperlyConfigured } from '../errors.js';
import { S3ResultStore, type ImportS3, type S3ClientLike } from './index.js';

const success: TaskMeta = {
  taskId: 'id-1',
  status: 'SUCCESS',
  result: { a: [1, 2] },
  traceback: null,
  children: [],
  dateDone: '2026-11-22T06:05:13.251323+00:00',
};
const failure: TaskMeta = { ...success, status: 'FAILURE', result: null };
const KEY = 'results/celery-task-meta-id-1';

interface Input {
  readonly Bucket: string;
  readonly Key: string;
  readonly Body?: string;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

function refusal(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}

/** A bucket that refuses as it is told: what a real one does seldom, and not when a test wants it. */
class Bucket implements S3ClientLike {
  readonly objects = new Map<string, { readonly bytes: Uint8Array; readonly etag: string }>();
  readonly log: string[] = [];
  readonly inputs: Input[] = [];
  destroyed = false;
  /** Called before each request; what it throws is what S3 answers. */
  before: (operation: string, input: Input) => void = () => {};
  #writes = 0;

  async send(command: object): Promise<unknown> {
    const operation = command.constructor.name.replace('Command', '');
    const { input } = command as { readonly input: Input };
    this.log.push(operation);
    this.inputs.push(input);
    this.before(operation, input);
    const found = this.objects.get(input.Key);
    if (operation === 'DeleteObject') return this.objects.delete(input.Key);
    if (operation === 'PutObject') return this.write(input.Key, input.Body ?? '');
    if (!found) throw refusal('NoSuchKey');
    return { Body: { transformToByteArray: async () => found.bytes }, ETag: found.etag };
  }

  write(key: string, body: string | Uint8Array): void {
    this.objects.set(key, { bytes: Buffer.from(body), etag: `"${(this.#writes += 1)}"` });
  }

  text(key = KEY): string {
    return Buffer.from(this.objects.get(key)?.bytes ?? []).toString();
  }

  destroy(): void {
    this.destroyed = true;
  }
}

function setUp(importS3?: ImportS3) {
  const bucket = new Bucket();
  const store = new S3ResultStore('s3://bucket/results/', { client: bucket, ...(importS3 && { importS3 }) });
  return { bucket, store };
}

describe('what is in S3', () => {
  it('is the record of Celery under its key, written on the condition that nothing was there', async () => {
    const { bucket, store } = setUp();
    await store.store(success);
    const record =
      '{"status":"SUCCESS","result":{"a":[1,2]},"traceback":null,"children":[],' +
      '"date_done":"2026-11-22T06:05:13.251323+00:00","task_id":"id-1"}';
    expect(bucket.text()).toBe(record);
    expect(bucket.log).toEqual(['GetObject', 'PutObject']);
    expect(bucket.inputs.at(-1)).toEqual({ Bucket: 'bucket', Key: KEY, Body: record, IfNoneMatch: '*' });
  });

  it('is a group as Celery saves it, behind a prefix where there is one', async () => {
    const bucket = new Bucket();
    const store = new S3ResultStore({ s3Bucket: 'bucket' }, { client: bucket, globalKeyprefix: 'app' });
    await store.groups.save([['g', null], [[['a', null], null]]]);
    expect(bucket.text('app_celery-taskset-meta-g')).toBe('{"result":[["g",null],[[["a",null],null]]]}');
  });

  it.each([
    ['written by Python', '{"status": "SUCCESS", "result": 1}', true],
    ['of a failure with the word', '{"status": "FAILURE", "result": {"status": "SUCCESS"}}', false],
    ['that is no JSON', 'SUCCESS', false],
    ['that is empty', '', false],
  ])('a record %s is kept only for its success', async (_name, before, kept) => {
    const { bucket, store } = setUp();
    bucket.write(KEY, before);
    await store.store(failure);
    expect(bucket.text() === before).toBe(kept);
  });

  it.each([
    ['SUCCESS', 'SUCCESS', 'old'],
    ['RETRY', 'FAILURE', null],
  ])('a compressed %s of Celery 5.7 is read, and only a SUCCESS is kept', async (status, after, result) => {
    const { bucket, store } = setUp();
    const stored = JSON.stringify({ status, result: status === 'SUCCESS' ? 'old' : null });
    bucket.write(KEY, Buffer.concat([Buffer.from('\0celery-compressed\0application/x-gzip\0'), deflateSync(stored)]));
    expect((await store.get('id-1'))?.status).toBe(status);
    await store.store(failure);
    expect(await store.get('id-1')).toMatchObject({ status: after, result });
  });
});

describe('of two that store at once', () => {
  it.each(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'])(
    'the one that is told %s reads again, and leaves a SUCCESS',
    async (name) => {
      const { bucket, store } = setUp();
      await store.store({ ...failure, status: 'STARTED' });
      bucket.before = (operation, { IfMatch }) => {
        if (operation !== 'PutObject') return;
        expect(IfMatch).toBe('"1"');
        bucket.write(KEY, '{"status": "SUCCESS", "result": "theirs"}');
        throw refusal(name);
      };
      await store.store(failure);
      expect(await store.get('id-1')).toMatchObject({ status: 'SUCCESS', result: 'theirs' });
    },
  );

  it('one that never comes to it says so', async () => {
    const { bucket, store } = setUp();
    bucket.before = (operation) => {
      if (operation === 'PutObject') throw refusal('PreconditionFailed');
    };
    await expect(store.store(failure)).rejects.toThrow(/id-1 is changed by others/);
  });
});

describe('a store that knows no conditional writes', () => {
  it('is written to without, as Celery does', async () => {
    const { bucket, store } = setUp();
    bucket.before = (_operation, { IfMatch, IfNoneMatch }) => {
      if (IfMatch ?? IfNoneMatch) throw refusal('NotImplemented');
    };
    await store.store(failure);
    await store.store(success);
    await store.store(failure);
    expect((await store.get('id-1'))?.status).toBe('SUCCESS');
    // It is asked once.
    const conditional = bucket.inputs.filter((input) => input.IfMatch ?? input.IfNoneMatch);
    expect(conditional).toHaveLength(1);
  });
});

describe('what S3 refuses', () => {
  it('says who, what and why, and nothing that is stored', async () => {
    const { bucket, store } = setUp();
    bucket.before = () => {
      throw refusal('NoSuchBucket', 'The specified bucket does not exist\nmore');
    };
    const failed = store.store({ ...success, result: 's3cret' });
    await expect(failed).rejects.toThrow(BackendError);
    await expect(failed).rejects.toThrow(
      /^s3:\/\/bucket\/results\/: GetObject failed: NoSuchBucket: The specified bucket does not exist$/,
    );
    await expect(failed).rejects.not.toThrow(/s3cret/);
  });

  it('is explained where the right to list is missing', async () => {
    const { bucket, store } = setUp();
    bucket.before = () => {
      throw refusal('AccessDenied', 'Access Denied');
    };
    await expect(store.get('id-1')).rejects.toThrow(/AccessDenied: Access Denied\. Without s3:ListBucket/);
    await expect(store.forget('id-1')).rejects.toThrow(/DeleteObject failed: AccessDenied: Access Denied$/);
  });
});

describe('a client of S3', () => {
  it('is made of the settings when it is first needed, and destroyed with its store', async () => {
    const made: object[] = [];
    let destroyed = 0;
    class S3Client extends s3.S3Client {
      constructor(config: object) {
        super({ ...config, credentials: { accessKeyId: 'key', secretAccessKey: 's3cret' }, maxAttempts: 1 });
        made.push(config);
      }
      override destroy(): void {
        destroyed += 1;
        super.destroy();
      }
    }
    const options = {
      s3Region: 'eu-central-1',
      s3EndpointUrl: 'http://127.0.0.1:9',
      importS3: async () => ({ ...s3, S3Client }),
    };
    const store = new S3ResultStore('s3://bucket', options);
    expect(made).toEqual([]);
    const failed = store.get('id-1');
    await expect(failed).rejects.toThrow(BackendError);
    await expect(failed).rejects.not.toThrow(/s3cret/);
    await expect(store.get('id-1')).rejects.toThrow(BackendError);
    expect(made).toMatchObject([{ region: 'eu-central-1', endpoint: 'http://127.0.0.1:9' }]);
    await store.close();
    expect(destroyed).toBe(1);
    await expect(store.get('id-1')).rejects.toThrow(/s3:\/\/bucket\/ is closed/);
  });

  it('that was given stays its owner’s', async () => {
    const { bucket, store } = setUp();
    await store.get('id-1');
    await store.close();
    expect(bucket.destroyed).toBe(false);
  });

  it('needs the package', async () => {
    let tried = 0;
    const { store } = setUp(() => {
      tried += 1;
      return Promise.reject(new Error('Cannot find package'));
    });
    await expect(store.get('id-1')).rejects.toThrow(ImproperlyConfigured);
    await expect(store.get('id-1')).rejects.toThrow(/npm install @aws-sdk\/client-s3/);
    expect(tried).toBe(2);
    await store.close();
  });
});
