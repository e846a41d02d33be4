import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ImproperlyConfigured } from '../errors.js';
import { parseRedisUrl } from './redis-url.js';

describe('a Redis URL of Celery', () => {
  it.each([
    ['redis://', { host: 'localhost', port: 6379, database: 0 }],
    ['redis://cache', { host: 'cache', port: 6379, database: 0 }],
    ['redis://cache:7000/3', { host: 'cache', port: 7000, database: 3 }],
    ['redis:///2', { host: 'localhost', port: 6379, database: 2 }],
    ['redis://:p%40ss%2F@cache/0', { host: 'cache', port: 6379, database: 0, password: 'p@ss/' }],
    ['redis://:pw@/1', { host: 'localhost', port: 6379, database: 1, password: 'pw' }],
    ['redis://user:pw@cache/1', { host: 'cache', port: 6379, database: 1, username: 'user', password: 'pw' }],
    ['redis://cache?virtual_host=4', { host: 'cache', port: 6379, database: 4 }],
    ['redis://cache/1?socket_timeout=5&max_connections=9', { host: 'cache', port: 6379, database: 1 }],
    ['redis://[::1]:7000/0', { host: '::1', port: 7000, database: 0 }],
    ['socket:///run/redis.sock?virtual_host=2', { path: '/run/redis.sock', database: 2 }],
    ['redis+socket:///run/redis.sock', { path: '/run/redis.sock', database: 0 }],
  ])('%s is read', (url, expected) => {
    expect(parseRedisUrl(url)).toEqual({ ...expected, shown: expect.any(String) });
  });

  it.each([
    ['rediss://cache', { verify: true, checkHostname: true }],
    ['rediss://cache?ssl_cert_reqs=CERT_REQUIRED', { verify: true, checkHostname: true }],
    ['rediss://cache?ssl_cert_reqs=none', { verify: false, checkHostname: true }],
    ['rediss://cache?ssl_cert_reqs=required&ssl_check_hostname=false', { verify: true, checkHostname: false }],
    [
      'rediss://cache?ssl_ca_certs=%2Fca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem',
      { verify: true, checkHostname: true, caFile: '/ca.pem', certFile: '/c.pem', keyFile: '/k.pem' },
    ],
  ])('%s asks for TLS', (url, tls) => {
    expect(parseRedisUrl(url).tls).toEqual(tls);
  });

  it('is shown without credentials', () => {
    expect(parseRedisUrl('rediss://user:secret@cache/1').shown).toBe('rediss://cache:6379/1');
    expect(parseRedisUrl('socket://:secret@/run/redis.sock').shown).not.toContain('secret');
  });

  it.each([
    ['redis://:s3cret@cache:port/0', /cannot be read/],
    ['redis://:s3cret@cache/one', /database is not a number/],
    ['redis://:s3cret%zz@cache/1', /percent-encoded/],
    ['redis://:s3cret@cache/1?tiemout=3', /tiemout/],
    ['redis://:s3cret@cache?ssl_cert_reqs=none', /needs the scheme rediss/],
    ['rediss://:s3cret@cache?ssl_cert_reqs=maybe', /ssl_cert_reqs/],
    ['socket://:s3cret@', /no path/],
    ['http://:s3cret@cache', /scheme is 'http'/],
  ])('%s is refused, without the password', (url, message) => {
    const read = () => parseRedisUrl(url);
    expect(read).toThrow(message);
    expect(read).toThrow(ImproperlyConfigured);
    expect(inspect(thrownBy(read))).not.toContain('s3cret');
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
