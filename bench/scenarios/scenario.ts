import type { Contender } from '../contenders/contender.js';
import type { Roster } from '../contenders/roster.js';
import type { Figures, Metric, Row } from '../report/figures.js';
import type { Site } from './site.js';

/** Something that contenders are put through, one after the other. */
export interface Scenario {
  /** As `--scenarios` and the JSON name it. */
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  /** Said below its table. */
  readonly note?: string;
  readonly needsRedis?: boolean;
  /** Whether it is run once, whatever `--rounds` says. */
  readonly once?: boolean;
  /** Whether all are put through it at the same time, each on an endpoint of its own: they do nothing that would disturb others. */
  readonly together?: boolean;
  /** Those that can be put through it. */
  contenders(roster: Roster): readonly Contender[];
  /** One measurement, by the keys of `metrics`. */
  measure(contender: Contender, site: Site): Promise<Figures>;
  /** Adds what only all rows together say, once all of them are there. */
  derived?(rows: readonly Row[]): readonly Row[];
}

export function everyone({ contenders }: Roster): readonly Contender[] {
  return contenders;
}

/** Those for whom one process is measured: a second does not change the figure. */
export function single({ contenders }: Roster): readonly Contender[] {
  return contenders.filter(({ kind, name }) => kind !== 'ours' || !name.includes('processes'));
}
