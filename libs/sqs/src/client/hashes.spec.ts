import { createHash, createHmac } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { oneShotHashes } from './hashes.js';

const { md5, sha256 } = oneShotHashes();

async function digestOf(hash: typeof sha256 | typeof md5, chunks: Uint8Array[], secret?: string | Uint8Array) {
  if (!hash) throw new Error('There is no such hash.');
  const checksum = new hash(secret);
  for (const chunk of chunks) checksum.update(chunk);
  return Buffer.from(await checksum.digest()).toString('hex');
}

describe('oneShotHashes', () => {
  it('are what Node makes of the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), fc.uint8Array({ minLength: 1 }), async (chunks, secret) => {
        const bytes = Buffer.concat(chunks);
        expect(await digestOf(md5, chunks)).toBe(createHash('md5').update(bytes).digest('hex'));
        expect(await digestOf(sha256, chunks)).toBe(createHash('sha256').update(bytes).digest('hex'));
        const hmac = createHmac('sha256', secret).update(bytes).digest('hex');
        expect(await digestOf(sha256, chunks, secret)).toBe(hmac);
        expect(await digestOf(sha256, chunks, Buffer.from(secret).toString('latin1'))).toBe(
          createHmac('sha256', Buffer.from(secret).toString('latin1')).update(bytes).digest('hex'),
        );
      }),
    );
  });
});
