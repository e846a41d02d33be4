import { describe } from 'vitest';
import type { EndpointName } from './endpoint.js';
import { celeryVersions, findPythons, type Pythons } from './python.js';

/** One combination that a spec runs against. */
export interface Target {
  readonly endpoint: EndpointName;
  readonly celery: (typeof celeryVersions)[number];
  /** The interpreter with that Celery. */
  readonly python: string;
  readonly motoPython: string;
}

const everyEndpoint: readonly EndpointName[] = ['LocalSqs', 'moto'];

/** `describe` for these endpoints and every version of Celery; skipped, with the reason, where Python is missing. */
export function describeTargets(title: string, body: (target: Target) => void, endpoints = everyEndpoint): void {
  const found = findPythons();
  const missing = typeof found === 'string' ? ` (skipped: ${found})` : '';
  // oxlint-disable-next-line vitest/valid-describe-callback -- skipIf answers a describe, it is none
  const suite = describe.skipIf(missing !== '');
  const targets = targetsOf(found, endpoints);
  suite.each(targets)(`${title}, $endpoint, Celery $celery${missing}`, (target) => body(target));
}

function targetsOf(found: Pythons | string, endpoints: readonly EndpointName[]): Target[] {
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
