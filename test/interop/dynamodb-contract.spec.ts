import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDbIdempotencyStore, DynamoDbResultStore, DynamoDbRevocationStore } from 'nestjs-sqs-celery';
import type { ChordStart, ChordStore, GroupStore } from 'nestjs-sqs-celery';
import { afterAll, beforeAll, describe } from 'vitest';
// oxlint-disable-next-line no-restricted-imports -- what every store does is no part of the package; moto is, where this runs
import { chordStoreContract } from '../../libs/backends/src/contract/chord-store-contract.test-support.js';
// oxlint-disable-next-line no-restricted-imports -- likewise
import { groupStoreContract } from '../../libs/backends/src/contract/group-store-contract.test-support.js';
// oxlint-disable-next-line no-restricted-imports -- likewise
import { idempotencyStoreContract } from '../../libs/backends/src/contract/idempotency-store-contract.test-support.js';
// oxlint-disable-next-line no-restricted-imports -- likewise
import { resultStoreContract } from '../../libs/backends/src/contract/result-store-contract.test-support.js';
// oxlint-disable-next-line no-restricted-imports -- likewise
import { revocationStoreContract } from '../../libs/backends/src/contract/revocation-store-contract.test-support.js';
import { DynamoDb } from './support/dynamodb.js';
import { findPythons } from './support/python.js';

const pythons = findPythons();
const missing = typeof pythons === 'string' ? ` (skipped: ${pythons})` : '';

describe.skipIf(missing !== '')(`with a real server${missing}`, () => {
  let dynamoDb: DynamoDb;
  beforeAll(async () => {
    if (typeof pythons !== 'string') dynamoDb = await DynamoDb.start(pythons.moto);
  });
  afterAll(() => dynamoDb?.stop());

  const pass = (seconds: number) => wait(seconds * 1_000);

  /** A store with items of its own: by URL every other time, else by a client. */
  let turn = 0;
  function reach(): { readonly dynamoDb: string | DynamoDb['client']; readonly globalKeyprefix: string } {
    turn += 1;
    return {
      dynamoDb: turn % 2 === 0 ? dynamoDb.client : dynamoDb.url('celery'),
      globalKeyprefix: `${randomUUID()}:`,
    };
  }

  function openResults(options: object): DynamoDbResultStore {
    const { dynamoDb: place, globalKeyprefix } = reach();
    return new DynamoDbResultStore(place, { ...options, globalKeyprefix });
  }

  resultStoreContract('DynamoDB', async (options) => {
    const store = openResults(options);
    return { store, pass, close: () => store.close() };
  });

  groupStoreContract('DynamoDB', async (options) => {
    const store = openResults(options);
    const groups: GroupStore = store.groups;
    return { store: groups, pass, close: () => store.close() };
  });

  chordStoreContract('DynamoDB', async (options) => {
    const store = openResults(options);
    const chords: ChordStore = store.chords;
    const start = async (groupId: string, known: ChordStart): Promise<void> => chords.start?.(groupId, known);
    return { store: { chords, start }, pass, close: () => store.close() };
  });

  idempotencyStoreContract('DynamoDB', async (options) => {
    const { dynamoDb: place, globalKeyprefix } = reach();
    const store = new DynamoDbIdempotencyStore(place, { ...options, globalKeyprefix });
    return { store, pass, close: () => store.close() };
  });

  revocationStoreContract('DynamoDB', async (options) => {
    const { dynamoDb: place, globalKeyprefix } = reach();
    const store = new DynamoDbRevocationStore(place, { ...options, globalKeyprefix });
    return { store, pass, close: () => store.close() };
  });
});
