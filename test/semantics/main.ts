// npm run semantics [-- --markdown] [-- --only TEXT] [-- --endpoint NAME] [-- --json FILE]
//
// Plays the scenarios on every endpoint, with this package and with Python Celery, and prints two tables. Exits with 1 where
// this package was not seen to do what it should. --markdown writes the tables into docs/semantics.md; --only plays the
// scenarios whose name contains the text; --json counts for .ci/run.
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { EndpointName } from '../interop/support/endpoint.js';
import { celeryVersions, findPythons, required } from '../interop/support/python.js';
import { scenarios as allScenarios } from './scenarios/index.js';
import { writePage } from './support/page.js';
import { type Observation, playAll, realPlays, virtualPlay } from './support/play.js';
import { ENDPOINTS, type RealScenario, type Scenario } from './support/scenario.js';
import { Site } from './support/site.js';
import { endpointTable, fleetTable } from './support/tables.js';
import { holds } from './support/verdict.js';

/** More at a time than this, and two cores are late for everything. */
const AT_A_TIME = 8;

const { values: flags } = parseArgs({
  options: {
    markdown: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    endpoint: { type: 'string', multiple: true, default: [...ENDPOINTS] },
    json: { type: 'string' },
  },
});

const scenarios = allScenarios.filter(({ name }) => name.includes(flags.only));
const endpoints = ENDPOINTS.filter((name) => flags.endpoint.includes(name));

function report(observation: Observation): void {
  const { scenario, endpoint, fleet, fact, seconds, error } = observation;
  const mark = holds(observation) ? 'ok  ' : 'FAIL';
  console.log(`${mark} ${scenario.name} | ${endpoint} | ${fleet} | ${fact} (${seconds} s)`);
  if (error !== undefined) console.log(error);
}

async function playVirtual(): Promise<Observation[]> {
  const plays = scenarios.filter((scenario) => scenario.clock === 'virtual').map(virtualPlay);
  // One after the other, and nothing beside it: a virtual clock waits until the whole process rests.
  return endpoints.includes('LocalSqs') ? playAll(plays, 1, report) : [];
}

async function playReal(): Promise<Observation[]> {
  const sites = await openSites(endpoints);
  const close = (): Promise<unknown> => Promise.all(sites.map((site) => site.close()));
  closeOnSignal(close);
  try {
    const plays = sites.flatMap((site) => scenarios.filter(isReal).flatMap((scenario) => realPlays(scenario, site)));
    return await playAll(plays, AT_A_TIME, report);
  } finally {
    await close();
  }
}

/** Celery's workers lead process groups of their own: nobody else would end them. */
function closeOnSignal(close: () => Promise<unknown>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void close().finally(() => process.exit(130)));
  }
}

const isReal = (scenario: Scenario): scenario is RealScenario => scenario.clock === 'real';

async function openSites(names: readonly EndpointName[]): Promise<Site[]> {
  const pythons = findPythons();
  if (typeof pythons === 'string') throw new Error(pythons);
  const interpreters = { celery: pythons.celery.get(celeryVersions[0]) ?? '', moto: pythons.moto };
  const sites: Site[] = [];
  for (const name of names) {
    try {
      sites.push(await Site.open(name, interpreters));
    } catch (error) {
      // Java is not everybody's. A page without that column, or a run of CI, would be a lie.
      if (name !== 'ElasticMQ' || required || flags.markdown) throw error;
      console.log(`ElasticMQ is left out: ${String(error)}`);
    }
  }
  return sites;
}

const observations = [...(await playVirtual()), ...(await playReal())];
const tables = `${endpointTable(scenarios, observations)}\n\n${fleetTable(scenarios, observations)}`;
console.log(`\n${tables}\n`);
if (flags.markdown) await writePage(tables);

const passed = observations.filter(holds).length;
const total = observations.length;
console.log(`${passed} of ${total} hold`);
if (flags.json !== undefined) await writeFile(flags.json, JSON.stringify({ total, passed }));
process.exitCode = passed === total ? 0 : 1;
