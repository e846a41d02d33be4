import { describe, expect, it } from 'vitest';
import { hasRestParameter } from './method-signature.js';

const numbers = [1, 2];

class Methods {
  none() {}
  plain(_one: number, _two = 2) {}
  rest(..._all: unknown[]) {}
  restAfter(_one: number, _two = [')', ...numbers], ..._all: unknown[]) {}
  spreads(_one = [0, ...numbers], { ..._left } = { a: '(' }) {
    return Math.max(...numbers);
  }
  commented(/* ...no */ _one: number) {}
  async template(_text = `) ...`) {}
}

const { prototype } = Methods;

describe('hasRestParameter', () => {
  it.each(['rest', 'restAfter'] as const)('finds that of %s', (name) => {
    expect(hasRestParameter(prototype[name])).toBe(true);
  });

  it.each(['none', 'plain', 'spreads', 'commented', 'template'] as const)('finds none in %s', (name) => {
    expect(hasRestParameter(prototype[name])).toBe(false);
  });

  it('finds none in what has no source', () => {
    expect(hasRestParameter(prototype.rest.bind(undefined))).toBe(false);
  });
});
