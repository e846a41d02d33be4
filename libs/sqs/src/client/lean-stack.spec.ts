import { ListQueuesCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';

import { makeLean } from './lean-stack.js';

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const place = { region: 'us-east-1', credentials, maxAttempts: 1 };

function leanClient(config: SQSClientConfig = {}, env: NodeJS.ProcessEnv = {}): SQSClient {
  const client = new SQSClient({ ...place, ...config });
  makeLean(client, config, env);
  return client;
}

function steps(client: SQSClient): string[] {
  return client.middlewareStack.identify().map((step) => step.replace(/ .*/, ''));
}

describe('makeLean', () => {
  // What the SDK of another version adds or renames has to be looked at: it may cost at every request.
  it('leaves these steps of the SDK', () => {
    const client = leanClient();
    expect(steps(client)).toEqual([
      'serializerMiddleware',
      'contentLengthMiddleware',
      'getUserAgentMiddleware',
      'hostHeaderMiddleware',
      'retryMiddleware',
      'httpSigningMiddleware',
      'deserializerMiddleware',
    ]);
  });

  it('leaves what the configuration asks for', () => {
    const sdk = steps(new SQSClient(place));
    const env = { AWS_LAMBDA_FUNCTION_NAME: 'f' };
    expect(steps(leanClient({ logger: console, maxAttempts: 3 }, env))).toEqual(sdk);
    expect(steps(leanClient({ logger: console, retryMode: 'adaptive' }, env))).toEqual(sdk);
  });

  it('leaves a stack whose steps have other names as it is', () => {
    const client = new SQSClient(place);
    for (const step of steps(client)) client.middlewareStack.remove(step);
    makeLean(client, {}, {});
    expect(steps(client)).toEqual([]);
  });
});

describe('the signer', () => {
  const request = { method: 'POST', protocol: 'https:', hostname: 'h', path: '/', headers: { host: 'h' } };

  it('is made once, and signs with renewed credentials and the given date', async () => {
    let accessKeyId = 'first';
    const client = leanClient({
      credentials: () => Promise.resolve({ ...credentials, accessKeyId, expiration: new Date(Date.now() + 3_600_000) }),
    });
    const signed = async (signingDate: Date): Promise<unknown> =>
      (await (await client.config.signer()).sign(request, { signingDate })).headers['authorization'];
    expect(await signed(new Date('2020-01-02'))).toContain('Credential=first/20200102/us-east-1/sqs/');
    accessKeyId = 'second';
    await client.config.credentials({ forceRefresh: true });
    expect(await signed(new Date('2020-01-03'))).toContain('Credential=second/20200103/us-east-1/sqs/');
    expect(await client.config.signer()).toBe(await client.config.signer());
  });

  it('follows the clock the SDK has corrected', async () => {
    const dates: string[] = [];
    const client = leanClient({ systemClockOffset: 0 });
    client.middlewareStack.add(
      () => (args) => {
        dates.push(JSON.stringify(args.request).replace(/.*"x-amz-date":"(\d{4}).*/, '$1'));
        return Promise.reject(new Error('not sent'));
      },
      { step: 'deserialize', priority: 'low' },
    );
    for (const year of [2030, 2040]) {
      client.config.systemClockOffset = Date.UTC(year, 6) - Date.now();
      await expect(client.send(new ListQueuesCommand())).rejects.toThrow('not sent');
    }
    expect(dates).toEqual(['2030', '2040']);
  });

  it('is asked for again when it could not be made', async () => {
    let region: Promise<string> = Promise.reject(new Error('no region'));
    const client = leanClient({ region: () => region });
    await expect(client.config.signer()).rejects.toThrow('no region');
    region = Promise.resolve('eu-west-1');
    await expect(client.config.signer()).resolves.toBeDefined();
  });

  it('of the configuration is taken as it is', async () => {
    const signer = { sign: () => Promise.reject(new Error('unused')) };
    const client = leanClient({ signer });
    await expect(client.config.signer()).resolves.toBe(signer);
  });
});
