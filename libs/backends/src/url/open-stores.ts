import type { IdempotencyStore, ResultStore, RevocationStore } from '#celery/ports';
import { ImproperlyConfigured } from '../errors.js';
import {
  STORE_KINDS,
  type IdempotencyStoreOptions,
  type ResultStoreOptions,
  type RevocationStoreOptions,
  type StoreKind,
} from './store-kinds.js';

/** The store of results that a URL names as Celery's `result_backend`. @throws ImproperlyConfigured */
export function openResultStore(url: string, options: ResultStoreOptions = {}): ResultStore {
  return openerOf('result backend', url, ({ results }) => results)(url, options);
}

/** The idempotency store at a URL of the same form. @throws ImproperlyConfigured */
export function openIdempotencyStore(url: string, options: IdempotencyStoreOptions = {}): IdempotencyStore {
  return openerOf('idempotency store', url, ({ idempotency }) => idempotency)(url, options);
}

/** The revocation store at a URL of the same form. @throws ImproperlyConfigured */
export function openRevocationStore(url: string, options: RevocationStoreOptions = {}): RevocationStore {
  return openerOf('revocation store', url, ({ revocations }) => revocations)(url, options);
}

/** Why some of Celery's own backends are none here. */
const refusals: ReadonlyMap<string, string> = new Map([
  ['rpc', 'it would create a queue of replies for every client on SQS'],
  ['amqp', 'it would create a queue for every task on SQS'],
  ['db', 'Celery keeps results there as Python pickles'],
  ['s3', 'it keeps results only'],
  ['sentinel', "give a connected client of 'redis' or 'ioredis' instead"],
]);

/** How the kind of store that a URL names is opened. */
function openerOf<Opener>(what: string, url: string, pick: (kind: StoreKind) => Opener | undefined): Opener {
  const scheme = schemeOf(url);
  const kind = kindOf(scheme);
  const opener = kind && pick(kind);
  if (opener) return opener;
  const because = refusals.get(scheme.split('+')[0] ?? '');
  const usable = STORE_KINDS.filter((one) => pick(one)).flatMap(({ schemes }) => [...schemes]);
  const reason = because === undefined ? '' : `: ${because}`;
  const list = usable.map((one) => `${one}://`).join(', ');
  throw new ImproperlyConfigured(`The ${what} cannot be ${scheme}://${reason}. Usable are ${list}`);
}

function kindOf(scheme: string): StoreKind | undefined {
  return STORE_KINDS.find(({ schemes }) => schemes.has(scheme));
}

/** What stands before `://`; Celery also takes a bare `rpc` or `cache+memory`. Anything else is not shown: it may be a password. */
function schemeOf(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1] ?? url;
  const known = scheme !== url || refusals.has(url) || kindOf(url) !== undefined;
  return known ? scheme.toLowerCase() : '…';
}
