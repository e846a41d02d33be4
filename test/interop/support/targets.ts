import { describe, it } from 'vitest';
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

/** `describe` for every endpoint and every version of Celery; skipped, with the reason, where Python is missing. */
export function describeTargets(title: string, body: (target: Target) => void): void {
  const pythons = findPythons();
  if (typeof pythons === 'string') {
    describe.skip(`${title} (skipped: ${pythons})`, () => it.todo('needs Python with Celery and moto'));
  } else {
    describe.each(targets(pythons))(`${title}, $endpoint, Celery $celery`, body);
  }
}

function targets({ celery, moto }: Pythons): Target[] {
  const endpoints: EndpointName[] = ['LocalSqs', 'moto'];
  return endpoints.flatMap((endpoint) =>
    celeryVersions.map((version) => ({ endpoint, celery: version, python: celery.get(version)!, motoPython: moto })),
  );
}
