import { afterEach, describe, expect, it, vi } from 'vitest';

import { VirtualClock } from '#sqs-local';

import { whileTimePasses } from '../transport.test-support.js';
import { clientWithPatience, KeyRenewal } from './credentials.js';

const clock = new VirtualClock();
const region = 'us-east-1';
const keys = { accessKeyId: 'a', secretAccessKey: 'b' };
afterEach(() => void vi.unstubAllEnvs());

describe('clientWithPatience', () => {
  it('asks a source that did not answer again, and rejects as if there were no credentials', async () => {
    let asked = 0;
    const credentials = (): Promise<typeof keys> =>
      ++asked === 1 ? new Promise(() => undefined) : Promise.resolve(keys);
    const client = clientWithPatience({ region, credentials }, clock);
    await expect(whileTimePasses(clock, client.config.credentials())).rejects.toMatchObject({
      name: 'CredentialsProviderError',
    });
    await expect(client.config.credentials()).resolves.toMatchObject(keys);
    await client.config.credentials();
    expect(asked).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes the default chain where none are given', async () => {
    vi.stubEnv('AWS_PROFILE', undefined);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'from-env');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const client = clientWithPatience({ region }, clock);
    await expect(client.config.credentials()).resolves.toMatchObject({ accessKeyId: 'from-env' });
  });

  it('makes a default chain that hangs anew: it remembers its question', async () => {
    let made = 0;
    const credentialDefaultProvider = () => {
      const answer = ++made === 1 ? new Promise<typeof keys>(() => undefined) : Promise.resolve(keys);
      return () => answer;
    };
    const client = clientWithPatience({ region, credentialDefaultProvider }, clock);
    await expect(whileTimePasses(clock, client.config.credentials())).rejects.toThrow('did not answer');
    await expect(client.config.credentials()).resolves.toMatchObject(keys);
    expect(made).toBe(2);
  });

  it('leaves keys that are given as they are', async () => {
    const client = clientWithPatience({ region, credentials: keys }, clock);
    await expect(client.config.credentials()).resolves.toMatchObject(keys);
  });
});

describe('KeyRenewal', () => {
  const rejected = Object.assign(new Error('x'), { name: 'ExpiredTokenException' });

  it('asks once a second at the most, and only for keys that AWS rejected', async () => {
    let asked = 0;
    const credentials = async (): Promise<typeof keys> => {
      asked++;
      return keys;
    };
    const client = clientWithPatience({ region, credentials }, clock);
    const renewal = new KeyRenewal(client, clock);
    renewal.after(new Error('ServiceUnavailable'));
    expect(asked).toBe(0);
    for (let n = 0; n < 5; n++) renewal.after(rejected);
    await clock.settle();
    expect(asked).toBe(1);
    await clock.advance(1000);
    renewal.after(rejected);
    await clock.settle();
    expect(asked).toBe(2);
  });

  it('does not mind a source that fails', async () => {
    const client = clientWithPatience({ region, credentials: () => Promise.reject(new Error('no')) }, clock);
    new KeyRenewal(client, clock).after(rejected);
    await clock.settle();
    await expect(client.config.credentials()).rejects.toThrow('no');
  });
});
