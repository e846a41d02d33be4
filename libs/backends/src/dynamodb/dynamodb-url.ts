import { isIP } from 'node:net';
import { ImproperlyConfigured } from '../errors.js';

/** Where a table is, as Celery's DynamoDB URLs say it. */
export interface DynamoDbUrl {
  readonly table: string;
  /** Absent: where the AWS SDK finds one (`AWS_REGION`). */
  readonly region?: string;
  /** Of DynamoDB on this machine. Absent: AWS. */
  readonly endpoint?: string;
  /** Absent: where the AWS SDK finds them. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Capacity units per second that a table gets which is created (`read`, `write`). */
  readonly capacity: { readonly read: number; readonly write: number };
  /** `ttl_seconds`; negative: nothing expires. */
  readonly ttlSeconds?: number;
  /** The URL without credentials, for people. */
  readonly shown: string;
}

/** The schemes that name a table. */
export const DYNAMODB_SCHEMES: ReadonlySet<string> = new Set(['dynamodb']);

/** Celery's own default. */
const DEFAULT_TABLE = 'celery';

const PARAMETERS = ['read', 'write', 'ttl_seconds'];

/** Celery signs for this region when the URL names a machine. */
const LOCAL_REGION = 'us-east-1';

/**
 * Reads `dynamodb://[access key id:secret access key@]region/[table]?read=1&write=1&ttl_seconds=N`, or with `localhost:port` or an
 * address in the place of the region, for DynamoDB on this machine. Key and secret are percent-encoded.
 *
 * @throws ImproperlyConfigured without the URL in it: it may hold a secret
 */
export function parseDynamoDbUrl(url: string): DynamoDbUrl {
  const [, authority, path = '', query = ''] = /^dynamodb:\/\/([^/?#]*)\/?([^?#]*)\??([^#]*)$/is.exec(url) ?? [];
  if (authority === undefined) throw invalid("its scheme is not 'dynamodb'");
  const at = authority.lastIndexOf('@');
  const place = placeOf(authority.slice(at + 1));
  const table = checkedTable(decoded(path) || DEFAULT_TABLE);
  const shown = `dynamodb://${authority.slice(at + 1)}/${table}`;
  return { table, ...place, ...credentialsOf(authority.slice(0, Math.max(at, 0))), ...settingsOf(query), shown };
}

/** What a URL would say of a table that is reached by a client. @throws ImproperlyConfigured for what cannot be its name */
export function tableOf(name = DEFAULT_TABLE): DynamoDbUrl {
  const table = checkedTable(name);
  return { table, capacity: { read: 1, write: 1 }, shown: `DynamoDB table ${table}` };
}

function checkedTable(table: string): string {
  if (/^[\w.-]{3,255}$/.test(table)) return table;
  throw invalid('its table is not the name of one');
}

function placeOf(host: string): Pick<DynamoDbUrl, 'region' | 'endpoint'> {
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const isMachine = name.toLowerCase() === 'localhost' || isIP(name.replaceAll(/^\[|\]$/g, '')) !== 0;
  if (isMachine) {
    if (port === undefined) throw invalid('it names a machine without a port');
    return { region: LOCAL_REGION, endpoint: `http://${host}` };
  }
  if (name !== '' && !/^[a-z\d-]+$/i.test(name)) throw invalid('its region is not the name of one');
  return name === '' ? {} : { region: name };
}

function credentialsOf(userInfo: string): Pick<DynamoDbUrl, 'credentials'> {
  if (userInfo === '') return {};
  const colon = userInfo.indexOf(':');
  const accessKeyId = decoded(userInfo.slice(0, colon < 0 ? undefined : colon));
  const secretAccessKey = colon < 0 ? '' : decoded(userInfo.slice(colon + 1));
  if (accessKeyId === '' && secretAccessKey === '') return {};
  if (accessKeyId === '' || secretAccessKey === '') throw invalid('it must hold both the access key id and the secret');
  return { credentials: { accessKeyId, secretAccessKey } };
}

function settingsOf(query: string): Pick<DynamoDbUrl, 'capacity' | 'ttlSeconds'> {
  const parameters = new URLSearchParams(query);
  const unknown = [...parameters.keys()].filter((name) => !PARAMETERS.includes(name));
  if (unknown.length > 0) throw invalid(`its parameters ${unknown.join(', ')} are not known`);
  const ttl = parameters.get('ttl_seconds') ?? '';
  const capacity = { read: units(parameters, 'read'), write: units(parameters, 'write') };
  return { capacity, ...(ttl !== '' && { ttlSeconds: ttlOf(ttl) }) };
}

function units(parameters: URLSearchParams, name: string): number {
  const given = parameters.get(name) ?? '1';
  if (/^[1-9]\d*$/.test(given)) return Number(given);
  throw invalid(`its parameter ${name} must be a whole number above 0`);
}

function ttlOf(given: string): number {
  if (/^-?\d+$/.test(given) && Number(given) !== 0) return Number(given);
  throw invalid('its parameter ttl_seconds must be a whole number above 0, or below: nothing expires');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('it is not percent-encoded');
  }
}

function invalid(problem: string): ImproperlyConfigured {
  return new ImproperlyConfigured(
    `The DynamoDB URL is not usable: ${problem}. Expected: dynamodb://[key:secret@]region/[table][?read=1&write=1&ttl_seconds=N], or localhost:port for the region`,
  );
}
