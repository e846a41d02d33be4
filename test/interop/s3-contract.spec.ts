import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { S3ResultStore } from 'nestjs-sqs-celery';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
// oxlint-disable-next-line no-restricted-imports -- what every store does is no part of the package; moto is, where this runs
import { groupStoreContract } from '../../libs/backends/src/contract/group-store-contract.test-support.js';
// oxlint-disable-next-line no-restricted-imports -- likewise
import { resultStoreContract } from '../../libs/backends/src/contract/result-store-contract.test-support.js';
import { credentials } from './support/endpoint.js';
import { findPythons } from './support/python.js';
import { S3Bucket } from './support/s3.js';

const pythons = findPythons();
const missing = typeof pythons === 'string' ? ` (skipped: ${pythons})` : '';

describe.skipIf(missing !== '')(`with a real server${missing}`, () => {
  let bucket: S3Bucket;
  beforeAll(async () => {
    if (typeof pythons !== 'string') bucket = await S3Bucket.start(pythons.moto);
  });
  afterAll(() => bucket?.stop());

  /** A store below a base path of its own. */
  function open() {
    const location = { s3Bucket: bucket.name, s3BasePath: `${randomUUID()}/` };
    return new S3ResultStore(location, { client: bucket.client });
  }

  const pass = (seconds: number) => wait(seconds * 1_000);
  const forever = { expires: false };
  resultStoreContract(
    'S3',
    async () => {
      const store = open();
      return { store, pass, close: () => store.close() };
    },
    forever,
  );
  groupStoreContract(
    'S3',
    async () => {
      const store = open();
      return { store: store.groups, pass, close: () => store.close() };
    },
    forever,
  );

  describe('S3 by URL', () => {
    beforeEach(() => {
      vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
      vi.stubEnv('AWS_REGION', 'us-east-1');
      vi.stubEnv('AWS_ENDPOINT_URL_S3', bucket.url);
    });
    afterEach(() => vi.unstubAllEnvs());

    const meta = { taskId: 'a', status: 'SUCCESS', result: 1, traceback: null, children: [], dateDone: null };

    it('takes region, endpoint and credentials from where the SDK finds them', async () => {
      const store = new S3ResultStore(`s3://${bucket.name}/by/url/`);
      await store.store(meta);
      await store.close();
      expect(await bucket.keys('by/url/')).toEqual(['by/url/celery-task-meta-a']);
      expect(await bucket.text('by/url/celery-task-meta-a')).toContain('"task_id":"a"');
    });

    it('says that there is no such bucket', async () => {
      const store = new S3ResultStore('s3://no-such-bucket');
      await expect(store.get('a')).rejects.toThrow(/^s3:\/\/no-such-bucket\/: GetObject failed: NoSuchBucket/);
      await expect(store.store(meta)).rejects.toThrow(/NoSuchBucket/);
      await store.close();
    });
  });
});
