import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { credentials } from './endpoint.js';
import { Program } from './program.js';
import { pythonProject } from './python.js';

/** DynamoDB in a moto server of the test's own. */
export class DynamoDb {
  private constructor(
    private readonly program: Program,
    private readonly port: string,
    readonly client: DynamoDBClient,
  ) {}

  static async start(motoPython: string): Promise<DynamoDb> {
    const program = new Program('moto', motoPython, ['-u', 'moto_in_turn.py'], { cwd: pythonProject });
    const [endpoint, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(await program.line(/Running on http:/)) ?? [];
    if (endpoint === undefined || port === undefined) throw new Error('moto printed no address');
    return new DynamoDb(program, port, new DynamoDBClient({ endpoint, region: 'us-east-1', credentials }));
  }

  /** Celery's URL of a table. Before 5.4 Celery knows no other name of this machine. */
  url(table: string, query = ''): string {
    const { accessKeyId, secretAccessKey } = credentials;
    return `dynamodb://${accessKeyId}:${secretAccessKey}@localhost:${this.port}/${table}${query}`;
  }

  async item(table: string, id: string): Promise<Record<string, AttributeValue> | undefined> {
    const { Item } = await this.client.send(new GetItemCommand({ TableName: table, Key: { id: { S: id } } }));
    return Item;
  }

  async put(table: string, item: Record<string, AttributeValue>): Promise<void> {
    await this.client.send(new PutItemCommand({ TableName: table, Item: item }));
  }

  /** The ids of all items that hold a text, in order. */
  async ids(table: string, text = ''): Promise<string[]> {
    const { Items = [] } = await this.client.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
    const ids = Items.map(({ id }) => id?.S ?? '');
    return ids.filter((id) => id.includes(text)).toSorted();
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.program.stop();
  }
}
