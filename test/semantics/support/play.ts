import type { EndpointName } from '../../interop/support/endpoint.js';
import type { RealScenario, Scenario, VirtualScenario } from './scenario.js';
import type { Site } from './site.js';
import { Stage } from './stage.js';
import { VirtualStage } from './virtual-stage.js';

/** What was observed when a scenario was played; an error where it could not be played to its end. */
export interface Observation {
  readonly scenario: Scenario;
  readonly endpoint: EndpointName;
  readonly fleet: 'nest' | 'celery';
  readonly fact: string;
  readonly seconds: number;
  readonly error?: unknown;
}

/** One scenario on one endpoint with one fleet. */
export type Play = () => Promise<Observation>;

export function virtualPlay(scenario: VirtualScenario): Play {
  return playOf({ scenario, endpoint: 'LocalSqs', fleet: 'nest' }, () => VirtualStage.open(), scenario.nest);
}

/** All plays of a scenario at a site: ours, and Celery's where there is one. */
export function realPlays(scenario: RealScenario, site: Site): Play[] {
  const { name: endpoint } = site.endpoint;
  const open = (): Promise<Stage> => Stage.open(site);
  const nest = playOf({ scenario, endpoint, fleet: 'nest' }, open, scenario.nest);
  return scenario.celery ? [nest, playOf({ scenario, endpoint, fleet: 'celery' }, open, scenario.celery)] : [nest];
}

function playOf<S extends { close(): Promise<void> }>(
  what: Pick<Observation, 'scenario' | 'endpoint' | 'fleet'>,
  open: () => Promise<S>,
  act: (stage: S) => Promise<string>,
): Play {
  return async () => {
    const since = performance.now();
    const seconds = (): number => Math.round((performance.now() - since) / 100) / 10;
    try {
      const fact = await actOn(open, act);
      return { ...what, fact, seconds: seconds() };
    } catch (error) {
      return { ...what, fact: 'not played to its end', seconds: seconds(), error };
    }
  };
}

async function actOn<S extends { close(): Promise<void> }>(
  open: () => Promise<S>,
  act: (stage: S) => Promise<string>,
): Promise<string> {
  const stage = await open();
  try {
    return await act(stage);
  } finally {
    await stage.close();
  }
}

/** Plays so many at a time, in order, and resolves with what each observed. */
export async function playAll(
  plays: readonly Play[],
  atATime: number,
  report: (observation: Observation) => void,
): Promise<Observation[]> {
  const observations: Observation[] = [];
  const waiting = plays.values();
  const lane = async (): Promise<void> => {
    for (const play of waiting) {
      const observation = await play();
      observations.push(observation);
      report(observation);
    }
  };
  await Promise.all(Array.from({ length: atATime }, lane));
  return observations;
}
