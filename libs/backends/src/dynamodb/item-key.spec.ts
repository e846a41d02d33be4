import { describe, expect, it } from 'vitest';
import { itemKey } from './item-key.js';

describe('the id of an item', () => {
  // As Python 3 shows them.
  it.each([
    ['celery-task-meta-1', "b'celery-task-meta-1'"],
    ["it's", `b"it's"`],
    [`it's "it"`, String.raw`b'it\'s "it"'`],
    ['"quoted"', `b'"quoted"'`],
    ['back\\slash', String.raw`b'back\\slash'`],
    ['\t\n\r\0\u007f', String.raw`b'\t\n\r\x00\x7f'`],
    ['grün 🎉', String.raw`b'gr\xc3\xbcn \xf0\x9f\x8e\x89'`],
  ])('of %j', (key, id) => {
    expect(itemKey(key)).toBe(id);
  });
});
