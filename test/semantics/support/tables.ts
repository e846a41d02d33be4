import type { EndpointName } from '../../interop/support/endpoint.js';
import type { Observation } from './play.js';
import { ENDPOINTS, type Scenario } from './scenario.js';
import { celeryNoteOf, deviationOf, holds } from './verdict.js';

type Row = readonly string[];

/** Name and fact of every scenario in the table of a page; its row begins with the name in bold. */
export function scenariosIn(page: string): { name: string; fact: string }[] {
  const rows = page.matchAll(/^\| \*\*(.+?)\*\*: .*? \| (.+?) +\|/gm);
  return Array.from(rows, ([, name = '', fact = '']) => ({ name, fact }));
}

/** Markdown: scenario × endpoint, with what was observed of this package. */
export function endpointTable(scenarios: readonly Scenario[], observations: readonly Observation[]): string {
  const notes: string[] = [];
  const rows = scenarios.map((scenario) => [
    `**${scenario.name}**: ${scenario.expectation}`,
    scenario.fact,
    ...ENDPOINTS.map((endpoint) => markOf(scenario, endpoint, observations, notes)),
  ]);
  return withNotes(table(['scenario', 'observed', ...ENDPOINTS], rows), notes);
}

function markOf(
  scenario: Scenario,
  endpoint: EndpointName,
  observations: readonly Observation[],
  notes: string[],
): string {
  const observed = observations.find(
    (one) => one.scenario === scenario && one.endpoint === endpoint && one.fleet === 'nest',
  );
  if (!observed) return '-';
  if (!holds(observed)) return `FAILED: ${observed.fact}`;
  const deviation = deviationOf(scenario, endpoint);
  if (deviation) return `${deviation.fact} (${notes.push(deviation.note)})`;
  return scenario.clock === 'virtual' ? 'virtual clock' : 'yes';
}

/** Markdown: this package beside Python Celery, for the scenarios that both played. */
export function fleetTable(scenarios: readonly Scenario[], observations: readonly Observation[]): string {
  const notes: string[] = [];
  const rows = scenarios.flatMap((scenario) => {
    const facts = (fleet: Observation['fleet']): string => merged(scenario, fleet, observations, notes);
    return observations.some((one) => one.scenario === scenario && one.fleet === 'celery')
      ? [[scenario.name, facts('nest'), facts('celery')]]
      : [];
  });
  return withNotes(table(['scenario', 'this package', 'Python Celery'], rows), notes);
}

/** One fact where all endpoints agree, else each fact with the endpoints where it was observed. */
function merged(
  scenario: Scenario,
  fleet: Observation['fleet'],
  observations: readonly Observation[],
  notes: string[],
): string {
  const places = new Map<string, string[]>();
  for (const endpoint of ENDPOINTS) {
    const fits = (one: Observation): boolean =>
      one.scenario === scenario && one.endpoint === endpoint && one.fleet === fleet;
    const fact = observations.find(fits)?.fact;
    if (fact === undefined) continue;
    const note = fleet === 'celery' ? celeryNoteOf(scenario, endpoint) : undefined;
    const place = note === undefined ? endpoint : `${endpoint} (${notes.push(note)})`;
    places.set(fact, [...(places.get(fact) ?? []), place]);
  }
  if (places.size < 2) return [...places.keys()].join('');
  return [...places].map(([fact, endpoints]) => `${endpoints.join(', ')}: ${fact}`).join('<br>');
}

function withNotes(text: string, notes: readonly string[]): string {
  return [text, ...notes.map((note, index) => `(${index + 1}) ${note}`)].join('\n\n');
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
