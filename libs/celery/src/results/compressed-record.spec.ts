import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DecodeError, UnsupportedCompressionError } from '../errors/index.js';
import { decompressRecord, isCompressedRecord } from './index.js';

const record = '{"status":"SUCCESS","result":"größe"}';

function compressed(contentType: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`\0celery-compressed\0${contentType}\0`), body]);
}

describe('a compressed record', () => {
  it('is known by its beginning, and says how it is compressed', async () => {
    const bytes = compressed('application/x-gzip', deflateSync(record));
    expect(isCompressedRecord(bytes.toString('utf8'))).toBe(true);
    expect(isCompressedRecord(record)).toBe(false);
    await expect(decompressRecord(bytes)).resolves.toBe(record);
  });

  it('is refused where it cannot be read', async () => {
    const read = (bytes: Uint8Array) => decompressRecord(bytes);
    await expect(read(compressed('x/y', Buffer.from('z')))).rejects.toThrow(UnsupportedCompressionError);
    await expect(read(compressed('application/x-gzip', Buffer.from('z')))).rejects.toThrow(DecodeError);
    await expect(read(Buffer.from('\0celery-compressed\0x/y'))).rejects.toThrow(DecodeError);
  });
});
