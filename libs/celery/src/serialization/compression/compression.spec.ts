import { readFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  Compressors,
  DecodeError,
  DecompressedTooLargeError,
  UnsupportedCompressionError,
  builtinCompressors,
  loadCompressor,
} from '../index.js';
import type { Compressor } from '../index.js';
import { xzDecompressedSize } from './xz-size.js';
import { zstdSize } from './zstd-size.js';

const MIB = 1024 * 1024;
const text = new TextEncoder().encode('hello world '.repeat(1000));

// `text` as Python's bz2, lzma and zstd modules compress it.
const BZ2 = 'QlpoOTFBWSZTWb2bEtgACcORgEAABkSQgCAAcEMCBNVRmUeVIMqQZUgypB2pBtSDakHapB9Ug2pBlSD8XckU4UJC9mxLYA==';
const ZSTD_HEX = '28b52ffd60e02da500006068656c6c6f20776f726c64200100d1ee7c4902';
const XZ = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4C7fADxdADQZSe6N6ReJOjNf/YJ8ZNOcq/I3Az2wB8D8mrwpy60QCO/P4zKzxPBx2/vPiE+YQ/UtavaO/lm1fWLkAACj5W5CxRts7gABWOBdAAAA5047MrHEZ/sCAAAAAARZWg==',
  'base64',
);

function compressedByCelery(name: string): Uint8Array {
  const file = new URL(`../../../../../test/vectors/compression_${name}.json`, import.meta.url);
  const vector = JSON.parse(readFileSync(file, 'utf8')) as { decoded_envelope: { body: string } };
  return Buffer.from(vector.decoded_envelope.body, 'base64');
}

/** What comes back of `text` and of nothing. */
function roundTrip(compressor: Compressor): [string, number] {
  const back = compressor.decompress(compressor.compress(text), text.length);
  return [Buffer.from(back).toString(), compressor.decompress(compressor.compress(new Uint8Array()), 10).length];
}

const noChange = (bytes: Uint8Array): Uint8Array => bytes;
const unchanged = [Buffer.from(text).toString(), 0];

describe('builtinCompressors', () => {
  it.each(['gzip', 'zlib', 'application/x-gzip', 'brotli', 'application/x-brotli'])(
    '%s reads what it writes',
    (name) => {
      expect(roundTrip(builtinCompressors.require(name))).toEqual(unchanged);
    },
  );

  it.each(['gzip', 'zlib'])("reads Celery's %s, which is zlib's format", (name) => {
    const body = builtinCompressors.require('application/x-gzip').decompress(compressedByCelery(name), MIB);
    expect(Buffer.from(body).toString()).toMatch(/^\[\[/);
    expect(() => builtinCompressors.require('gzip').decompress(zlib.gzipSync(text), MIB)).toThrow(DecodeError);
  });

  it.each(['gzip', 'brotli'])('%s stops at the bound, with bounded memory', (name) => {
    const compressor = builtinCompressors.require(name);
    const bomb = compressor.compress(new Uint8Array(200 * MIB));
    const before = process.memoryUsage().rss;
    expect(() => compressor.decompress(bomb, MIB)).toThrow(DecompressedTooLargeError);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * MIB);
  });

  it.each(['gzip', 'brotli'])('%s allows exactly the bound and refuses what is malformed', (name) => {
    const compressor = builtinCompressors.require(name);
    const bytes = compressor.compress(text);
    expect(compressor.decompress(bytes, text.length)).toHaveLength(text.length);
    expect(() => compressor.decompress(bytes, text.length - 1)).toThrow(DecompressedTooLargeError);
    expect(() => compressor.decompress(bytes.subarray(0, 10), MIB)).toThrow(DecodeError);
    expect(() => compressor.decompress(Buffer.from('garbage!'), MIB)).toThrow(DecodeError);
    expect(() => compressor.decompress(new Uint8Array(), MIB)).toThrow(DecodeError);
  });
});

describe('Compressors', () => {
  it('finds by alias and by content type, the added ones first', () => {
    const mine: Compressor = {
      contentType: 'application/x-gzip',
      aliases: [],
      compress: (b) => b,
      decompress: (b) => b,
    };
    expect(builtinCompressors.with(mine).get('application/x-gzip')).toBe(mine);
    expect(builtinCompressors.get('gzip')?.contentType).toBe('application/x-gzip');
    expect(new Compressors([]).get('gzip')).toBeUndefined();
  });

  it('says what to do about one that is missing', () => {
    expect(() => builtinCompressors.require('xz')).toThrow('loadCompressor()');
    expect(() => builtinCompressors.require('zip')).toThrow(UnsupportedCompressionError);
  });

  it('makes one when it is needed first, and once', async () => {
    const asked: string[] = [];
    const made = { contentType: 'application/x-bz2', aliases: ['bzip2'], compress: noChange, decompress: noChange };
    const compressors = builtinCompressors.withOnDemand(async (contentType) => {
      asked.push(contentType);
      return contentType === made.contentType ? made : undefined;
    });
    expect(compressors.get('bzip2')).toBeUndefined();
    const answers = await Promise.all(
      ['bzip2', 'bzip', 'gzip', 'lzma', 'zip'].map((name) => compressors.provide(name)),
    );
    expect(answers).toEqual([true, true, true, false, false]);
    await compressors.provide('lzma');
    expect(asked).toEqual(['application/x-bz2', 'application/x-lzma']);
    expect(compressors.get('bzip2')).toBe(made);
    expect(builtinCompressors.get('bzip2')).toBeUndefined();
  });
});

describe('loadCompressor', () => {
  const missing = (): Promise<unknown> => Promise.reject(new Error('Cannot find package'));

  it('gives the built-in ones without importing', async () => {
    expect(await loadCompressor('gzip', missing)).toBe(builtinCompressors.get('gzip'));
  });

  it.each<[string, string]>([
    ['bzip2', '@foxglove/wasm-bz2'],
    ['application/x-lzma', '@napi-rs/lzma'],
    ...(builtinCompressors.get('zstd') ? [] : [['zstd', '@hpcc-js/wasm-zstd'] satisfies [string, string]]),
  ])('names the package that %s needs', async (name, packageName) => {
    await expect(loadCompressor(name, missing)).rejects.toThrow(`npm install ${packageName}`);
    await expect(loadCompressor(name, () => Promise.resolve({}))).rejects.toThrow('does not fit');
  });

  it('refuses a name that Celery does not have', async () => {
    await expect(loadCompressor('zip', missing)).rejects.toThrow(UnsupportedCompressionError);
  });
});

describe('xz', () => {
  it('is measured without being expanded', () => {
    expect(xzDecompressedSize(XZ)).toBe(12_000);
    expect(xzDecompressedSize(Buffer.concat([XZ, Buffer.alloc(4), XZ]))).toBe(24_000);
    expect(xzDecompressedSize(compressedByCelery('lzma'))).toBeGreaterThan(50);
  });

  it.each([0, 11, 20, 40, 100, 123])('is refused when cut after %d bytes, without hanging', (length) => {
    expect(() => xzDecompressedSize(XZ.subarray(0, length))).toThrow(RangeError);
  });
});

describe('zstdSize', () => {
  it.each([
    ['a promise in one byte', '28b52ffd2005290000', 5, true],
    ['a promise in two bytes', ZSTD_HEX, 12_000, true],
    ['a promise in four bytes', '28b52ffda000000100', 65_536, true],
    ['a promise in eight bytes', '28b52ffde00000000001000000', 2 ** 32, true],
    ['a repeated byte in a block', '28b52ffd0058230000aa', 4, false],
    ['a stored and a compressed block', '28b52ffd0058100000aabb0d0000cc', 131_074, false],
  ])('reads %s', (_, hex, size, exact) => {
    expect(zstdSize(Buffer.from(hex, 'hex'))).toEqual({ size, exact });
  });

  it.each(['', '0011223344556677', '28b52ffd60', '28b52ffd0058100000aabb'])('refuses %j', (hex) => {
    expect(() => zstdSize(Buffer.from(hex, 'hex'))).toThrow(RangeError);
  });
});

// Needs the optional libraries: skipped where they are not installed.
const load = (name: string): Promise<Compressor | undefined> => loadCompressor(name).catch(() => undefined);
const bzip2 = await load('bzip2');
const optional = [
  { name: 'bzip2 (@foxglove/wasm-bz2)', compressor: bzip2, sample: Buffer.from(BZ2, 'base64') },
  { name: 'xz (@napi-rs/lzma)', compressor: await load('xz'), sample: XZ },
  { name: 'zstd (@hpcc-js/wasm-zstd)', compressor: await load('zstd'), sample: Buffer.from(ZSTD_HEX, 'hex') },
];

describe.each(optional)('$name', ({ compressor, sample }) => {
  it.skipIf(!compressor)('reads what Python writes, up to the bound', () => {
    const bytes = compressor!.decompress(sample, text.length);
    expect(Buffer.from(bytes)).toEqual(Buffer.from(text));
    expect(() => compressor!.decompress(sample, text.length - 1)).toThrow(DecompressedTooLargeError);
  });

  it.skipIf(!compressor)('refuses what is malformed', () => {
    expect(() => compressor!.decompress(sample.subarray(0, 20), MIB)).toThrow(DecodeError);
    expect(() => compressor!.decompress(Buffer.from('garbage, nothing but garbage'), MIB)).toThrow(DecodeError);
    expect(() => compressor!.decompress(new Uint8Array(), MIB)).toThrow(DecodeError);
  });

  it.skipIf(!compressor || compressor === bzip2)('reads what it writes', () => {
    expect(roundTrip(compressor!)).toEqual(unchanged);
  });
});

describe('bzip2', () => {
  it('leaves the handlers of the process alone', async () => {
    const handlers = () => ['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));
    const before = handlers();
    await loadCompressor('bzip2').catch(() => undefined);
    expect(handlers()).toEqual(before);
  });

  it.skipIf(!bzip2)('is not written', () => {
    expect(() => bzip2!.compress(text)).toThrow(UnsupportedCompressionError);
  });

  it.skipIf(!bzip2)("reads Celery's", () => {
    expect(Buffer.from(bzip2!.decompress(compressedByCelery('bzip2'), MIB)).toString()).toMatch(/^\[\[/);
  });
});
