import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';

import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';

import { withFastProperties } from './fast-properties.js';

/** V8's own answer. */
function hasFastProperties(object: object): boolean {
  setFlagsFromString('--allow-natives-syntax');
  const ask = runInThisContext('(object) => %HasFastProperties(object)') as (object: object) => boolean;
  const answer = ask(object);
  setFlagsFromString('--no-allow-natives-syntax');
  return answer;
}

describe('withFastProperties', () => {
  it('does so for the configuration of a client, and changes nothing', () => {
    const { config } = new SQSClient({ region: 'us-east-1' });
    const before = { ...config };
    expect(hasFastProperties(config)).toBe(false);
    expect(withFastProperties(config)).toBe(config);
    expect(hasFastProperties(config)).toBe(true);
    expect({ ...config }).toEqual(before);
  });
});
