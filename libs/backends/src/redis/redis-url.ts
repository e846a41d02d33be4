import { ImproperlyConfigured } from '../errors.js';

/** Where a Redis is, as Celery's result backend URLs say it. */
export interface RedisUrl {
  /** Name or address; absent for a socket. */
  readonly host?: string;
  readonly port?: number;
  /** Path of a Unix socket. */
  readonly path?: string;
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  /** Present for `rediss://`. */
  readonly tls?: RedisTls;
  /** The URL without credentials, for people. */
  readonly shown: string;
}

/** What the query of a `rediss://` URL says; files are paths. */
export interface RedisTls {
  /** `ssl_cert_reqs`: false for `none` alone. */
  readonly verify: boolean;
  /** `ssl_check_hostname`. */
  readonly checkHostname: boolean;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** The schemes of Celery that name a Redis. */
export const REDIS_SCHEMES: ReadonlySet<string> = new Set(['redis', 'rediss', 'socket', 'redis+socket']);

const TLS_PARAMETERS = ['ssl_cert_reqs', 'ssl_check_hostname', 'ssl_ca_certs', 'ssl_certfile', 'ssl_keyfile'];
/** What Python's client takes, and what does not change where or what is stored: the same URL serves both languages. */
const PYTHON_PARAMETERS = [
  'client_name',
  'decode_responses',
  'health_check_interval',
  'max_connections',
  'protocol',
  'retry_on_timeout',
  'socket_connect_timeout',
  'socket_keepalive',
  'socket_timeout',
];

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`, `rediss://…`, `socket:///path?virtual_host=database`. User and
 * password are percent-encoded.
 *
 * @throws ImproperlyConfigured without the URL in it: it may hold a password
 */
export function parseRedisUrl(url: string): RedisUrl {
  const parsed = parse(url);
  const scheme = parsed.protocol.slice(0, -1);
  if (!REDIS_SCHEMES.has(scheme))
    throw invalid(`its scheme is '${scheme}', not one of ${[...REDIS_SCHEMES].join(', ')}`);
  checkQuery(parsed.searchParams, scheme);
  return scheme.endsWith('socket') ? socketUrl(parsed) : networkUrl(parsed, scheme === 'rediss');
}

function networkUrl(parsed: URL, secure: boolean): RedisUrl {
  // Celery's own default; brackets belong to the URL, not to an IPv6 address.
  const host = parsed.hostname === '' ? 'localhost' : parsed.hostname.replaceAll(/^\[|\]$/g, '');
  const port = parsed.port === '' ? 6379 : Number(parsed.port);
  const database = databaseOf(parsed.searchParams.get('virtual_host') ?? parsed.pathname);
  const shown = `${secure ? 'rediss' : 'redis'}://${parsed.hostname || 'localhost'}:${port}/${database}`;
  return {
    host,
    port,
    database,
    ...credentials(parsed),
    ...(secure ? { tls: tlsOf(parsed.searchParams) } : {}),
    shown,
  };
}

function socketUrl(parsed: URL): RedisUrl {
  const path = decodeURIComponent(parsed.pathname);
  if (path === '' || path === '/') throw invalid('it has no path of a socket');
  const database = databaseOf(parsed.searchParams.get('virtual_host') ?? '');
  return { path, database, ...credentials(parsed), shown: `socket://${path}?virtual_host=${database}` };
}

function parse(url: string): URL {
  try {
    // Celery's default host, which the standard does not allow behind credentials.
    return new URL(url.replace(/^([a-z+]+:\/\/[^/?#]*@)(?=[/?#]|$)/i, '$1localhost'));
  } catch {
    // Node's own error holds the whole URL.
    throw invalid('it cannot be read; percent-encode user and password');
  }
}

function databaseOf(text: string): number {
  const digits = text.replaceAll('/', '');
  if (/^\d*$/.test(digits)) return Number(digits);
  throw invalid('its database is not a number');
}

function credentials({ username, password }: URL): Pick<RedisUrl, 'username' | 'password'> {
  try {
    return {
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    };
  } catch {
    throw invalid('its user or password is not percent-encoded');
  }
}

function checkQuery(query: URLSearchParams, scheme: string): void {
  const known = ['virtual_host', ...PYTHON_PARAMETERS, ...(scheme === 'rediss' ? TLS_PARAMETERS : [])];
  const unknown = [...query.keys()].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const hint = unknown.some((name) => TLS_PARAMETERS.includes(name)) ? '; TLS needs the scheme rediss' : '';
  throw invalid(`its parameters ${unknown.join(', ')} are not known${hint}`);
}

function tlsOf(query: URLSearchParams): RedisTls {
  const requirement = (query.get('ssl_cert_reqs') ?? 'required').toLowerCase().replace(/^cert_/, '');
  if (!['required', 'optional', 'none'].includes(requirement)) {
    throw invalid('its ssl_cert_reqs must be required, optional or none');
  }
  const hostname = query.get('ssl_check_hostname') ?? 'true';
  return {
    verify: requirement !== 'none',
    checkHostname: !['0', 'f', 'false', 'n', 'no'].includes(hostname.toLowerCase()),
    ...file('caFile', query.get('ssl_ca_certs')),
    ...file('certFile', query.get('ssl_certfile')),
    ...file('keyFile', query.get('ssl_keyfile')),
  };
}

function file(name: 'caFile' | 'certFile' | 'keyFile', path: string | null): Partial<RedisTls> {
  return path === null ? {} : { [name]: path };
}

function invalid(problem: string): ImproperlyConfigured {
  return new ImproperlyConfigured(
    `The Redis URL is not usable: ${problem}. Expected: redis://[user:password@]host[:port][/database]`,
  );
}
