import type { EndpointName } from '../../interop/support/endpoint.js';
import type { Stage } from './stage.js';
import type { VirtualStage } from './virtual-stage.js';

export const ENDPOINTS = ['LocalSqs', 'moto', 'ElasticMQ'] as const satisfies readonly EndpointName[];

interface Described {
  readonly name: string;
  /** What a user expects, in a sentence. */
  readonly expectation: string;
  /** What is observed of this package where the expectation holds; anything else is a failure. */
  readonly fact: string;
}

/** A scenario that takes seconds, on every endpoint. */
export interface RealScenario extends Described {
  readonly clock: 'real';
  /** Plays it with this package and says what was observed. */
  readonly nest: (stage: Stage) => Promise<string>;
  /** Plays it with Python Celery, by the same messages. */
  readonly celery?: (stage: Stage) => Promise<string>;
  /** What is observed instead on an endpoint that deviates from SQS's documents, and in what it deviates. */
  readonly deviations?: Partial<Record<EndpointName, { readonly fact: string; readonly note: string }>>;
  /** Why Celery is seen to do something else on an endpoint, where the endpoint deviates from SQS's documents. */
  readonly celeryNotes?: Partial<Record<EndpointName, string>>;
}

/** A scenario that takes hours: on LocalSqs with a virtual clock. */
export interface VirtualScenario extends Described {
  readonly clock: 'virtual';
  readonly nest: (stage: VirtualStage) => Promise<string>;
}

export type Scenario = RealScenario | VirtualScenario;
