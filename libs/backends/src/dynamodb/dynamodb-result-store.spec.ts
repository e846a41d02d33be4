import * as dynamoDb from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { EncodeError } from '#celery';
import type { TaskMeta } from '#celery/ports';
import { VirtualClock } from '#sqs-local';
import { BackendError, ImproperlyConfigured } from '../errors.js';
import { DynamoDbResultStore, type DynamoDbClientLike } from './index.js';

const success: TaskMeta = {
  taskId: 'id-1',
  status: 'SUCCESS',
  result: 3,
  traceback: null,
  children: [],
  dateDone: '2026-11-22T06:05:13.251323+00:00',
};

/** Answers as it is told: what a real table does seldom, and not when a test wants it. */
class Client implements DynamoDbClientLike {
  readonly log: string[] = [];
  readonly inputs: unknown[] = [];
  destroyed = false;
  readonly #answers: Record<string, (() => object)[]>;

  constructor(answers: Record<string, (() => object)[]> = {}) {
    this.#answers = answers;
  }

  async send(command: object): Promise<object> {
    const name = command.constructor.name.replace(/Command$/, '');
    this.log.push(name);
    this.inputs.push('input' in command ? command.input : undefined);
    return this.#answers[name]?.shift()?.() ?? {};
  }

  destroy(): void {
    this.destroyed = true;
  }
}

function refuse(name: string, message = name): () => never {
  return () => {
    throw Object.assign(new Error(message), { name });
  };
}

const noTable = refuse('ResourceNotFoundException');
const active = () => ({ Table: { TableStatus: 'ACTIVE' } });

describe('results in DynamoDB', () => {
  it('are asked for with nothing but permission to read the item', async () => {
    const client = new Client();
    expect(await new DynamoDbResultStore(client).get('id-1')).toBeUndefined();
    expect(client.inputs).toEqual([
      { TableName: 'celery', Key: { id: { S: "b'celery-task-meta-id-1'" } }, ConsistentRead: true },
    ]);
  });

  it('make their table where it is missing, and wait for it', async () => {
    const clock = new VirtualClock();
    const creating = () => ({ Table: { TableStatus: 'CREATING' } });
    const client = new Client({ PutItem: [noTable], DescribeTable: [creating, active] });
    const stored = new DynamoDbResultStore(client, { table: 'results', clock }).store(success);
    await clock.advance(1_000);
    await stored;
    const setup = ['CreateTable', 'DescribeTable', 'DescribeTable', 'DescribeTimeToLive', 'UpdateTimeToLive'];
    expect(client.log).toEqual(['PutItem', ...setup, 'PutItem']);
    expect(client.inputs[1]).toMatchObject({
      TableName: 'results',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    });
  });

  it('share a table that another process makes at the same time, whose Time to Live is enabled', async () => {
    const enabled = () => ({ TimeToLiveDescription: { TimeToLiveStatus: 'ENABLING', AttributeName: 'ttl' } });
    const client = new Client({
      PutItem: [noTable],
      CreateTable: [refuse('ResourceInUseException')],
      DescribeTable: [active],
      DescribeTimeToLive: [enabled],
    });
    await new DynamoDbResultStore(client).store(success);
    expect(client.log).toEqual(['PutItem', 'CreateTable', 'DescribeTable', 'DescribeTimeToLive', 'PutItem']);
  });

  it('need no permission to change how items expire', async () => {
    const warned: string[] = [];
    const log = { log: () => {}, warn: (text: string) => void warned.push(text), error: () => {}, debug: () => {} };
    const client = new Client({
      PutItem: [noTable],
      DescribeTable: [active],
      DescribeTimeToLive: [refuse('AccessDeniedException', 'arn:secret')],
    });
    await new DynamoDbResultStore(client, { log }).store(success);
    expect(warned).toEqual([expect.stringMatching(/Time to Live of table celery.*AccessDenied/)]);
  });

  it('say what has failed, and nothing of what was to be stored', async () => {
    const client = new Client({ PutItem: [refuse('AccessDeniedException', 'User x is not authorized\nat …')] });
    const stored = new DynamoDbResultStore(client).store(success);
    await expect(stored).rejects.toThrow(BackendError);
    await expect(stored).rejects.toThrow(
      /^DynamoDB table celery: PutItem failed: AccessDeniedException: User x is not authorized$/,
    );
  });

  it('do not wait for ever', async () => {
    const clock = new VirtualClock();
    const client: DynamoDbClientLike = { send: () => new Promise(() => {}), destroy: () => {} };
    const got = new DynamoDbResultStore(client, { clock, commandTimeoutMs: 1_000 }).get('id-1');
    await Promise.all([expect(got).rejects.toThrow(/no answer to GetItem within 1000 ms/), clock.advance(1_000)]);
  });

  it('are refused where an item cannot hold them', async () => {
    const client = new Client();
    const stored = new DynamoDbResultStore(client).store({ ...success, result: 'x'.repeat(410_000) });
    await expect(stored).rejects.toThrow(EncodeError);
    expect(client.log).toEqual([]);
  });

  it.each([
    [{}, undefined],
    [{ resultExpires: 60 }, 60],
    [{ resultExpires: null }, undefined],
  ])('expire as is said: %j', async (options, seconds) => {
    const clock = new VirtualClock();
    const client = new Client();
    await new DynamoDbResultStore(client, { ...options, clock }).store(success);
    const { Item } = client.inputs[0] as { Item: Record<string, { N?: string }> };
    expect(Item['ttl']?.N).toBe(seconds === undefined ? undefined : String(Math.ceil(clock.now() / 1000 + seconds)));
  });

  it('leave a client that was given to whoever gave it', async () => {
    const client = new Client();
    const store = new DynamoDbResultStore(client);
    await store.close();
    expect(client.destroyed).toBe(false);
    await expect(store.get('id-1')).rejects.toThrow(/is closed/);
  });

  it('by URL take region, endpoint and keys from it, and end their own client', async () => {
    const configs: unknown[] = [];
    const client = new Client();
    class OwnClient {
      constructor(config: object) {
        configs.push(config);
        Object.assign(this, { send: (command: object) => client.send(command), destroy: () => client.destroy() });
      }
      declare send: DynamoDbClientLike['send'];
      declare destroy: () => void;
    }
    const url = 'dynamodb://key:s3cret@localhost:8000/table?ttl_seconds=60';
    const importDynamoDb = async () => ({ ...dynamoDb, DynamoDBClient: OwnClient });
    const store = new DynamoDbResultStore(url, { importDynamoDb });
    await store.store(success);
    await store.close();
    expect(client.log).toEqual(['DescribeTimeToLive', 'UpdateTimeToLive', 'PutItem']);
    expect(client.destroyed).toBe(true);
    expect(configs).toEqual([
      expect.objectContaining({
        region: 'us-east-1',
        endpoint: 'http://localhost:8000',
        credentials: { accessKeyId: 'key', secretAccessKey: 's3cret' },
      }),
    ]);
  });

  it('say which package is missing', async () => {
    const importDynamoDb = () => Promise.reject(new Error('Cannot find package'));
    const got = new DynamoDbResultStore('dynamodb://eu-central-1', { importDynamoDb }).get('id-1');
    await expect(got).rejects.toThrow(ImproperlyConfigured);
    await expect(got).rejects.toThrow(/npm install @aws-sdk\/client-dynamodb/);
  });
});
