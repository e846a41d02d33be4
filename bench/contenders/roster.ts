import { celery, celeryDefaults } from './celery.js';
import { celeryVersions, findCelery, type Celery } from './celery-environment.js';
import type { Contender } from './contender.js';
import { findNestjsSqs } from './nestjs-sqs.js';
import { ours } from './ours.js';
import { bareSdk, sqsConsumer } from './peers.js';
import { previous } from './previous.js';

/** Something that is not measured, and why. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

/** Who is there to be measured. */
export interface Roster {
  readonly contenders: readonly Contender[];
  /** Celery as it comes, for what its settings change. */
  readonly untuned: readonly Contender[];
  readonly skipped: readonly Skipped[];
}

export interface RosterOptions {
  /** A folder with an earlier release. */
  readonly previous: string | undefined;
  /** Folder for CPU profiles of our workers. */
  readonly profiles: string | undefined;
  /** Contenders whose name does not fit are left out. */
  readonly only: RegExp;
}

export async function findRoster(options: RosterOptions): Promise<Roster> {
  const skipped: Skipped[] = [];
  const found = celeryVersions.flatMap((version) => {
    const one = findCelery(version);
    if ('python' in one) return [one];
    skipped.push({ name: `Celery ${version}`, reason: one.missing });
    return [];
  });
  const nestjsSqs = findNestjsSqs();
  if ('missing' in nestjsSqs) skipped.push({ name: '@ssut/nestjs-sqs', reason: nestjsSqs.missing });
  if (options.previous === undefined) {
    skipped.push({ name: 'previous release', reason: 'no folder of one was given with --previous' });
  }
  const contenders = [
    ...[1, 2].map((processes) => ours(processes, options.profiles)),
    ...(options.previous === undefined ? [] : [await previous(options.previous)]),
    bareSdk,
    sqsConsumer,
    ...('missing' in nestjsSqs ? [] : [nestjsSqs]),
    ...found.flatMap(pools),
  ];
  const wanted = ({ name }: Contender): boolean => options.only.test(name);
  return { contenders: contenders.filter(wanted), untuned: found.map(celeryDefaults).filter(wanted), skipped };
}

function pools(found: Celery): Contender[] {
  return [celery(found, 'solo'), celery(found, 'prefork'), celery(found, 'threads')];
}
