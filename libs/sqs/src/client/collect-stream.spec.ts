import { Readable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { collectStream } from './collect-stream.js';

describe('collectStream', () => {
  it('reads all of a body', async () => {
    await expect(collectStream(Readable.from([Buffer.from('ab'), Buffer.from('c')]))).resolves.toEqual(
      Buffer.from('abc'),
    );
    await expect(collectStream(Readable.from([]))).resolves.toHaveLength(0);
  });

  it('fails with the body', async () => {
    const body = new Readable({ read: () => undefined });
    const collected = collectStream(body);
    body.push('half');
    body.destroy(new Error('aborted'));
    await expect(collected).rejects.toThrow('aborted');
  });
});
