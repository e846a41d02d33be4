import { openIdempotencyStore, openResultStore, openRevocationStore } from '#backends';
import { Logger } from '@nestjs/common';
import type { Clock, IdempotencyStore, JsonTypes, ResultStore, RevocationStore } from '#celery';
import type { ResolvedOptions } from './options/resolve-options.js';

const log = (): Logger => new Logger('celery.backends');

/** What the application remembers outside of itself. */
export interface Stores {
  readonly results: ResultStore | undefined;
  readonly idempotency: IdempotencyStore | undefined;
  readonly revocations: RevocationStore | undefined;
  /** Closes those that were made from URLs. */
  close(): Promise<void>;
}

/**
 * The stores of the options; those given as URLs connect when they are first used.
 * @throws ImproperlyConfigured for a URL that names no store
 */
export function openStores(
  options: Pick<ResolvedOptions, 'resultBackend' | 'resultExpires' | 'idempotency' | 'revocations' | 'jsonTypes'>,
  clock: Clock,
): Stores {
  const made: { close(): Promise<void> }[] = [];
  function open<Store extends { close(): Promise<void> }>(
    given: string | Store | undefined,
    make: (url: string) => Store,
  ): Store | undefined {
    if (typeof given !== 'string') return given;
    const store = make(given);
    made.push(store);
    return store;
  }
  return {
    results: open(options.resultBackend, (url) => openResultStore(url, resultOptions(options, clock))),
    idempotency: open(options.idempotency, (url) => openIdempotencyStore(url, { clock, log: log() })),
    revocations: open(options.revocations, (url) => openRevocationStore(url, { clock, log: log() })),
    close: async () => void (await Promise.all(made.map((store) => store.close()))),
  };
}

function resultOptions(
  { resultExpires, jsonTypes }: { resultExpires?: number | null; jsonTypes?: JsonTypes },
  clock: Clock,
) {
  return {
    clock,
    log: log(),
    ...(resultExpires !== undefined && { resultExpires }),
    ...(jsonTypes && { types: jsonTypes }),
  };
}

/** Why what is configured names no store, one sentence each. */
export function storeProblems({
  resultBackend,
  idempotency,
  revocations,
}: Readonly<Record<string, unknown>>): string[] {
  return [
    ...urlProblems('resultBackend', resultBackend, openResultStore),
    ...urlProblems('idempotency', idempotency, openIdempotencyStore),
    ...urlProblems('revocations', revocations, openRevocationStore),
  ];
}

function urlProblems(option: string, url: unknown, open: (url: string) => unknown): string[] {
  if (typeof url !== 'string') return [];
  try {
    open(url);
    return [];
  } catch (error) {
    return [`${option}: ${error instanceof Error ? error.message : String(error)}`];
  }
}
