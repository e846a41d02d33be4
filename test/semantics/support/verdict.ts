import type { EndpointName } from '../../interop/support/endpoint.js';
import type { Observation } from './play.js';
import type { Scenario } from './scenario.js';

/** What an endpoint that deviates from SQS is known to lead to. */
export function deviationOf(scenario: Scenario, endpoint: EndpointName): { fact: string; note: string } | undefined {
  return scenario.clock === 'real' ? scenario.deviations?.[endpoint] : undefined;
}

export function celeryNoteOf(scenario: Scenario, endpoint: EndpointName): string | undefined {
  return scenario.clock === 'real' ? scenario.celeryNotes?.[endpoint] : undefined;
}

/** Whether this package was seen to do what it should, there. What Celery does is reported, not judged. */
export function holds({ scenario, endpoint, fleet, fact, error }: Observation): boolean {
  if (fleet === 'celery') return error === undefined;
  return fact === (deviationOf(scenario, endpoint)?.fact ?? scenario.fact);
}
