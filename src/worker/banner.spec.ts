import { describe, expect, it } from 'vitest';
import { banner } from './banner.js';
import { maskedTransportUrl } from './transport-url.js';

describe('banner', () => {
  it("has Celery's format", () => {
    const text = banner({
      hostname: 'celery@host',
      version: '1.2.3',
      platform: 'linux Node v20',
      app: 'AppModule',
      transport: 'sqs://localhost:9324//',
      results: 'disabled://',
      concurrency: 12,
      queues: ['reports', 'celery'],
      tasks: ['b', 'a'],
    });
    expect(text.split('\n')).toEqual([
      'celery@host nestjs-sqs-celery v1.2.3',
      'linux Node v20',
      '',
      '[config]',
      '.> app:         AppModule',
      '.> transport:   sqs://localhost:9324//',
      '.> results:     disabled://',
      '.> concurrency: 12 (async)',
      '.> task events: OFF',
      '',
      '[queues]',
      '.> celery           exchange=celery(direct) key=celery',
      '.> reports          exchange=reports(direct) key=reports',
      '',
      '[tasks]',
      '  . a',
      '  . b',
    ]);
  });
});

describe('maskedTransportUrl', () => {
  it('shows the key id and never the secret', () => {
    const credentials = { accessKeyId: 'AKID', secretAccessKey: 'hunter2' };
    expect(maskedTransportUrl({ credentials }, 'http://localhost:9324/0/celery')).toBe(
      'sqs://AKID:**@localhost:9324//',
    );
    expect(maskedTransportUrl({ credentials: async () => credentials }, undefined)).toBe('sqs:////');
    expect(maskedTransportUrl(undefined, 'https://sqs.eu-west-1.amazonaws.com/1/q')).toBe(
      'sqs://sqs.eu-west-1.amazonaws.com//',
    );
  });
});
