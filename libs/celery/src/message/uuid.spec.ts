import { describe, expect, it } from 'vitest';
import { NAMESPACE_DNS, uuid5 } from './uuid.js';

describe('uuid5', () => {
  it("gives RFC 4122's ids", () => {
    expect(uuid5(NAMESPACE_DNS, 'python.org')).toBe('886313e1-3b8a-5372-9b90-0c9aee199e5d');
    expect(uuid5(NAMESPACE_DNS, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  it('tells names apart, beyond ASCII too', () => {
    expect(uuid5(NAMESPACE_DNS, 'é')).not.toBe(uuid5(NAMESPACE_DNS, 'e'));
  });

  it('refuses a namespace that is no UUID', () => {
    expect(() => uuid5('my-own-id', 'x')).toThrow(TypeError);
  });
});
