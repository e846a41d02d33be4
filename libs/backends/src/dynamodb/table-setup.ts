import { sleep } from '#celery/ports';
import type { Clock, Log } from '#celery/ports';
import { BackendError } from '../errors.js';
import { nameOf } from './dynamodb-failure.js';
import type { DynamoDbClientLike, DynamoDbPackage } from './dynamodb-package.js';
import type { DynamoDbUrl } from './dynamodb-url.js';

/** What it takes to make a table, or to change how its items expire. */
export interface TableSetup {
  readonly dynamoDb: DynamoDbPackage;
  readonly client: DynamoDbClientLike;
  readonly table: string;
  readonly clock: Clock;
  readonly log: Log | undefined;
}

const POLL_MS = 1_000;
/** A new table of DynamoDB's is there within seconds. */
const CREATION_MS = 60_000;

/** Makes the table as Celery does, with `ttl` as the attribute by which items expire, and waits until it can be used. */
export async function createTable(
  setup: TableSetup,
  { capacity: { read, write } }: Pick<DynamoDbUrl, 'capacity'>,
): Promise<void> {
  const { dynamoDb, client, table: TableName, log } = setup;
  const schema = {
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' as const }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' as const }],
    ProvisionedThroughput: { ReadCapacityUnits: read, WriteCapacityUnits: write },
  };
  try {
    await client.send(new dynamoDb.CreateTableCommand(schema));
    log?.log(`DynamoDB: table ${TableName} did not exist, and is being created`);
  } catch (error) {
    // Another process creates it at this very moment.
    if (nameOf(error) !== 'ResourceInUseException') throw error;
  }
  await becomesActive(setup);
  await enableTtl(setup);
}

/** Has DynamoDB remove items by their `ttl`. Where that is not possible they stay, and are taken for expired all the same. */
export async function enableTtl(setup: TableSetup): Promise<void> {
  const { dynamoDb, client, table: TableName, log } = setup;
  try {
    const known = (await client.send(new dynamoDb.DescribeTimeToLiveCommand({ TableName }))) as TtlAnswer;
    const { TimeToLiveStatus = '', AttributeName } = known.TimeToLiveDescription ?? {};
    if (TimeToLiveStatus.startsWith('ENABL') && AttributeName === 'ttl') return;
    const TimeToLiveSpecification = { Enabled: true, AttributeName: 'ttl' } as const;
    await client.send(new dynamoDb.UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  } catch (error) {
    // Of several processes that enable it one is told so.
    log?.warn(`DynamoDB: Time to Live of table ${TableName} is not enabled on ttl by this process (${nameOf(error)})`);
  }
}

interface TtlAnswer {
  readonly TimeToLiveDescription?: { readonly TimeToLiveStatus?: string; readonly AttributeName?: string };
}

async function becomesActive({ dynamoDb, client, table: TableName, clock }: TableSetup): Promise<void> {
  const until = clock.monotonic() + CREATION_MS;
  for (;;) {
    const { Table } = (await client.send(new dynamoDb.DescribeTableCommand({ TableName }))) as TableAnswer;
    if (Table?.TableStatus === 'ACTIVE') return;
    if (clock.monotonic() > until) throw new BackendError(`DynamoDB: table ${TableName} is not there after a minute`);
    await sleep(clock, POLL_MS);
  }
}

interface TableAnswer {
  readonly Table?: { readonly TableStatus?: string };
}
