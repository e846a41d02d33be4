import { describe, expect, it } from 'vitest';
import { ImproperlyConfigured } from '../errors.js';
import { openIdempotencyStore, openResultStore, openRevocationStore } from '../url/open-stores.js';
import { parseS3Url, S3ResultStore } from './index.js';

describe('an S3 URL', () => {
  it.each([
    ['s3://bucket', { s3Bucket: 'bucket' }],
    ['s3://bucket/', { s3Bucket: 'bucket' }],
    ['S3://my.bucket-1/results/', { s3Bucket: 'my.bucket-1', s3BasePath: 'results/' }],
    // Celery puts nothing between base path and key, and begins no key of itself with a slash.
    ['s3://bucket/results', { s3Bucket: 'bucket', s3BasePath: 'results' }],
    ['s3://bucket//a/b/', { s3Bucket: 'bucket', s3BasePath: '/a/b/' }],
    ['s3://bucket/gr%C3%BCn%3F/', { s3Bucket: 'bucket', s3BasePath: 'grün?/' }],
  ])('%s names bucket and base path', (url, location) => {
    expect(parseS3Url(url)).toEqual(location);
  });

  it.each([
    ['s3', /names no bucket/],
    ['s3://', /names no bucket/],
    ['s3:///path', /names no bucket/],
    ['s3://key:s3cret@bucket/path', /holds credentials/],
    ['s3://bucket/path?region=s3cret', /has parameters.*s3Region/],
    ['s3://bucket#s3cret', /has parameters/],
    ['s3://s3cret bucket', /bucket is not the name of one/],
    ['s3://bucket:s3cret', /bucket is not the name of one/],
    ['s3://bucket/%s3cret', /not percent-encoded/],
    ['https://s3cret', /scheme is not 's3'/],
  ])('%s is refused, and not shown', (url, message) => {
    const parse = () => parseS3Url(url);
    expect(parse).toThrow(ImproperlyConfigured);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/s3cret/);
  });

  it('opens a store of results, and of nothing else', () => {
    expect(openResultStore('s3://bucket/results/')).toBeInstanceOf(S3ResultStore);
    expect(() => openIdempotencyStore('s3://bucket')).toThrow(/idempotency store cannot be s3:.*results only.*redis:/);
    expect(() => openRevocationStore('s3://bucket')).toThrow(/revocation store cannot be s3:.*results only.*redis:/);
  });

  it('is checked as settings too', () => {
    expect(() => new S3ResultStore({ s3Bucket: '' })).toThrow(ImproperlyConfigured);
  });
});
