import { malformedInput } from '../errors.js';
import type { DecodedRequest, RawRequest } from './codec.js';
import { Params } from './params.js';

/** Members that are integers: the Query protocol has only text. */
const INTEGERS = new Set([
  'DelaySeconds',
  'MaxNumberOfMessages',
  'MaxNumberOfMessagesPerSecond',
  'MaxResults',
  'VisibilityTimeout',
  'WaitTimeSeconds',
]);

/** Lists, under the names that number them (`AttributeName.1`). */
const LISTS = new Map([
  ['AttributeName', 'AttributeNames'],
  ['MessageSystemAttributeName', 'MessageSystemAttributeNames'],
  ['MessageAttributeName', 'MessageAttributeNames'],
  ['AWSAccountId', 'AWSAccountIds'],
  ['ActionName', 'Actions'],
  ['TagKey', 'TagKeys'],
  ['SendMessageBatchRequestEntry', 'Entries'],
  ['DeleteMessageBatchRequestEntry', 'Entries'],
  ['ChangeMessageVisibilityBatchRequestEntry', 'Entries'],
  ['StringListValue', 'StringListValues'],
  ['BinaryListValue', 'BinaryListValues'],
]);

/** Maps, and what their keys and values are called (`Attribute.1.Name`, `Attribute.1.Value`). */
const MAPS = new Map([
  ['Attribute', { member: 'Attributes', key: 'Name' }],
  ['Attributes', { member: 'Attributes', key: 'Name' }],
  ['MessageAttribute', { member: 'MessageAttributes', key: 'Name' }],
  ['MessageSystemAttribute', { member: 'MessageSystemAttributes', key: 'Name' }],
  ['Tag', { member: 'Tags', key: 'Key' }],
  ['Tags', { member: 'Tags', key: 'Key' }],
]);

/** Dotted names as a tree; leaves are text. A `Map`, so that no name can reach a prototype. */
type Tree = Map<string, Tree | string>;

const MAX_DEPTH = 8;

/** Reads a request of the Query protocol: a form, or the query string of a GET. */
export function decodeQueryRequest(request: RawRequest): DecodedRequest {
  const query = request.method === 'GET' ? (request.url.split('?', 2)[1] ?? '') : request.body;
  const form = new URLSearchParams(query);
  const tree: Tree = new Map();
  for (const [name, value] of form) plant(tree, name.split('.', MAX_DEPTH), value);
  return { action: form.get('Action') ?? '', params: new Params(membersOf(tree)) };
}

function plant(tree: Tree, path: readonly string[], value: string): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    tree.set(name, value);
    return;
  }
  const known = tree.get(name);
  const branch: Tree = known instanceof Map ? known : new Map();
  tree.set(name, branch);
  plant(branch, rest, value);
}

function membersOf(tree: Tree): Record<string, unknown> {
  const members: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of tree) {
    const map = MAPS.get(name);
    if (typeof value === 'string') members[name] = scalar(name, value);
    else if (map === undefined) members[LISTS.get(name) ?? name] = listOf(value);
    else members[map.member] = mapOf(value, map.key);
  }
  return members;
}

function scalar(name: string, text: string): string | number {
  if (!INTEGERS.has(name)) return text;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw malformedInput(`${name} must be an integer.`);
}

/** The entries in order of their numbers. */
function numbered(tree: Tree): (Tree | string)[] {
  const numbers = [...tree.keys()].filter((key) => /^\d{1,9}$/.test(key)).toSorted((a, b) => Number(a) - Number(b));
  return numbers.flatMap((key) => tree.get(key) ?? []);
}

function listOf(tree: Tree): unknown[] {
  return numbered(tree).map((entry) => (typeof entry === 'string' ? entry : membersOf(entry)));
}

function mapOf(tree: Tree, keyName: string): Record<string, unknown> {
  const map: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const entry of numbered(tree)) {
    if (typeof entry === 'string') continue;
    const key = entry.get(keyName);
    const value = entry.get('Value');
    if (typeof key === 'string') map[key] = value instanceof Map ? membersOf(value) : value;
  }
  return map;
}
