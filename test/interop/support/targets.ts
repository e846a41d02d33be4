import { describe } from 'vitest';
import type { EndpointName } from './endpoint.js';
import { celeryVersions, findPythons, type Pythons } from './python.js';

/** ElasticMQ is used by test/semantics alone. */
type InteropEndpoint = Exclude<EndpointName, 'ElasticMQ'>;

/** One combination that a spec runs against. */
export interface Target {
  readonly endpoint: InteropEndpoint;
  readonly celery: (typeof celeryVersions)[number];
  /** The interpreter with that Celery. */
  readonly python: string;
  readonly motoPython: string;
}

/**
 * For `it.each`, in tests of what only these versions of Celery do: the target's version where it is one of them, so that with others
 * there is no such test, rather than one that is skipped.
 */
export function only({ celery }: Target, ...versions: readonly Target['celery'][]): Target['celery'][] {
  return versions.filter((version) => version === celery);
}

const everyEndpoint: readonly InteropEndpoint[] = ['LocalSqs', 'moto'];

/**
 * `describe` for these endpoints and every version of Celery; skipped, with the reason, where Python is missing, or what else it
 * needs (`unmet`). `versions`: those of Celery that can do it; default: all.
 */
export function describeTargets(
  title: string,
  body: (target: Target) => void,
  endpoints = everyEndpoint,
  unmet?: string,
  versions: readonly Target['celery'][] = celeryVersions,
): void {
  const found = findPythons();
  const reason = typeof found === 'string' ? found : unmet;
  const missing = reason === undefined ? '' : ` (skipped: ${reason})`;
  // oxlint-disable-next-line vitest/valid-describe-callback -- skipIf answers a describe, it is none
  const suite = describe.skipIf(missing !== '');
  const targets = targetsOf(found, endpoints).filter(({ celery }) => versions.includes(celery));
  suite.each(targets)(`${title}, $endpoint, Celery $celery${missing}`, (target) => body(target));
}

function targetsOf(found: Pythons | string, endpoints: readonly InteropEndpoint[]): Target[] {
  const { celery, moto } = typeof found === 'string' ? noPythons : found;
  return endpoints.flatMap((endpoint) =>
    celeryVersions.map((version) => ({
      endpoint,
      celery: version,
      python: celery.get(version) ?? '',
      motoPython: moto,
    })),
  );
}

const noPythons: Pythons = { celery: new Map(), moto: '' };
