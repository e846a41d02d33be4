import { ImproperlyConfigured } from '../errors.js';
import type { Item } from './item.js';

/** As much of a `DynamoDBClient` of the package `@aws-sdk/client-dynamodb` as is used. */
export interface DynamoDbClientLike {
  send(command: object): Promise<object>;
  destroy(): void;
}

/** Where an item is. */
export interface ItemPlace {
  readonly TableName: string;
  readonly Key: Item;
}

/** What must be true of an item for it to be written, in DynamoDB's expressions. */
export interface WriteCondition {
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Item;
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD';
}

/** How a table is made. */
export interface TableSchema {
  readonly TableName: string;
  readonly AttributeDefinitions: { readonly AttributeName: string; readonly AttributeType: 'S' }[];
  readonly KeySchema: { readonly AttributeName: string; readonly KeyType: 'HASH' }[];
  readonly ProvisionedThroughput: { readonly ReadCapacityUnits: number; readonly WriteCapacityUnits: number };
}

/** Keys of items that are read together. */
export type KeysByTable = Record<string, { readonly Keys: Item[]; readonly ConsistentRead: true }>;

/** Keys of items that are removed together. */
export type RemovalsByTable = Record<string, { readonly DeleteRequest: { readonly Key: Item } }[]>;

/** As much of the package as is used. */
export interface DynamoDbPackage {
  readonly DynamoDBClient: new (config: object) => DynamoDbClientLike;
  readonly GetItemCommand: new (input: ItemPlace & { readonly ConsistentRead: true }) => object;
  readonly PutItemCommand: new (input: WriteCondition & { readonly TableName: string; readonly Item: Item }) => object;
  readonly UpdateItemCommand: new (
    input: ItemPlace & WriteCondition & { readonly UpdateExpression: string; readonly ReturnValues: 'ALL_NEW' },
  ) => object;
  readonly DeleteItemCommand: new (input: ItemPlace) => object;
  readonly BatchGetItemCommand: new (input: { readonly RequestItems: KeysByTable }) => object;
  readonly BatchWriteItemCommand: new (input: { readonly RequestItems: RemovalsByTable }) => object;
  readonly DescribeTableCommand: new (input: { readonly TableName: string }) => object;
  readonly CreateTableCommand: new (input: TableSchema) => object;
  readonly DescribeTimeToLiveCommand: new (input: { readonly TableName: string }) => object;
  readonly UpdateTimeToLiveCommand: new (input: {
    readonly TableName: string;
    readonly TimeToLiveSpecification: { readonly Enabled: true; readonly AttributeName: string };
  }) => object;
}

/** Imports the package, whose types a user need not have; replaced in tests. */
export type ImportDynamoDb = () => Promise<DynamoDbPackage>;

/** @throws (rejects) ImproperlyConfigured when it is missing */
export async function loadDynamoDb(
  importDynamoDb: ImportDynamoDb = () => import('@aws-sdk/client-dynamodb'),
): Promise<DynamoDbPackage> {
  try {
    return await importDynamoDb();
  } catch (cause) {
    throw new ImproperlyConfigured(
      'A store in DynamoDB needs the package @aws-sdk/client-dynamodb, which cannot be imported: npm install @aws-sdk/client-dynamodb',
      { cause },
    );
  }
}
