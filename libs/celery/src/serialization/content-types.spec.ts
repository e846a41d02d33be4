import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONTENT_TYPES, ContentTypes, jsonSerializer, knownCompression, serializerName } from './index.js';

interface Registries {
  readonly serializers: Record<string, [string, string]>;
  readonly compression_aliases: Record<string, string>;
}

const table = new URL('../../../../test/vectors/tables/registries.json', import.meta.url);
const registries = JSON.parse(readFileSync(table, 'utf8')) as Registries;

describe("kombu's registries", () => {
  it('have the same serializers', () => {
    const ours = [...CONTENT_TYPES].map(([name, entry]) => [name, [entry.contentType, entry.contentEncoding]]);
    expect(Object.fromEntries(ours)).toEqual(registries.serializers);
  });

  it.each(Object.entries(registries.compression_aliases))('know %s as %s', (alias, contentType) => {
    expect(knownCompression(alias)?.contentType).toBe(contentType);
    expect(knownCompression(contentType)?.contentType).toBe(contentType);
  });
});

describe('ContentTypes', () => {
  it('accepts JSON, literally', () => {
    const accepted = new ContentTypes();
    expect(accepted.accepts('application/json')).toBe(true);
    expect(accepted.accepts('application/json; charset=utf-8')).toBe(false);
    expect(new ContentTypes([]).accepts('application/json')).toBe(false);
  });

  it.each(['pickle', 'application/x-python-serialize', 'yaml', 'nonsense'])('refuses to promise %s', (name) => {
    expect(() => new ContentTypes(['json', name])).toThrow(RangeError);
  });

  it('names MIME types', () => {
    expect(serializerName('application/x-python-serialize')).toBe('pickle');
    expect(serializerName('text/plain')).toBe('text/plain');
  });
});

describe('jsonSerializer', () => {
  it('encodes and decodes under its content type', () => {
    expect(jsonSerializer.contentType).toBe('application/json');
    expect(jsonSerializer.decode(jsonSerializer.encode([1n]))).toEqual([1]);
  });
});
