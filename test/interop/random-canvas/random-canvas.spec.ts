import fc from 'fast-check';
import type { AsyncResult, GroupResult } from 'nestjs-sqs-celery';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseSeed } from '../../support/random.js';
import { noRedis } from '../support/redis.js';
import { describeTargets } from '../support/targets.js';
import { mixedCanvas, ofPython, pythonCanvas, type BuiltCanvas } from './canvas-signature.js';
import { differences } from './comparison.js';
import { drawnCanvas, type DrawnCanvas } from './drawn-canvas.js';
import { figuresOf } from './figures.js';
import { awaitedInNest, calledBy, normalised, runsOf, statesOf, type Observed } from './observed.js';
import type { Awaited } from './python-walk.js';
import { shown } from './shown.js';
import { awaitFleets } from './stuck.js';
import { WalkFleets } from './walk-fleets.js';

const CANVASES = 200;
/** A Nest worker is killed each time that Nest has run so many tasks more. */
const RUNS_PER_KILL = 100;
const KILLS = 4;
/** Milliseconds after which the fleets will not end any more. They take a minute or two. */
const LONGEST_MS = 240_000;
/** All has ended when results are asked for: what is not there will never be. */
const PATIENCE_SECONDS = 1;

/** One canvas, as it is sent to both fleets. */
interface Walk {
  readonly drawn: DrawnCanvas;
  readonly mixed: BuiltCanvas;
  readonly python: BuiltCanvas;
}

/** Awaits a canvas that was sent. */
type Wait = () => Promise<Awaited>;

describeTargets('canvases drawn at random', ({ python }) => canvases(python), ['LocalSqs'], noRedis, ['5.7.0']);

function canvases(python: string): void {
  const seed = chooseSeed();
  let fleets: WalkFleets;
  beforeAll(async () => {
    fleets = await WalkFleets.start(python);
  });
  afterAll(() => fleets?.stop());

  async function startInNest({ signature }: BuiltCanvas): Promise<Wait> {
    const sent = (await fleets.tasks.send(signature)) as AsyncResult | GroupResult;
    return () => awaitedInNest(sent, PATIENCE_SECONDS * 1000);
  }

  async function startInPython({ signature }: BuiltCanvas): Promise<Wait> {
    const sent = await fleets.python.send(signature);
    return () => fleets.python.get(sent, PATIENCE_SECONDS);
  }

  async function start({ drawn, mixed, python: same }: Walk): Promise<readonly [Wait, Wait]> {
    const startMixed = drawn.starter === 'nest' ? startInNest : startInPython;
    return Promise.all([startMixed(mixed), startInPython(same)]);
  }

  type Reach = (isReached: () => boolean | Promise<boolean>) => Promise<void>;

  /** Kills workers that hold messages, as long as there is something to do. Resolves with how many it was. */
  async function killWorkers(reach: Reach): Promise<number> {
    for (let kills = 0; kills < KILLS; kills += 1) {
      const isTime = async (): Promise<boolean> => {
        const runs = (await runsOf(fleets.redis)).filter(({ by }) => by === 'nest');
        return runs.length >= (kills + 1) * RUNS_PER_KILL && (fleets.heldByNest > 2 || fleets.messagesLeft === 0);
      };
      await reach(isTime);
      if (fleets.messagesLeft === 0) return kills;
      await fleets.killNestWorker();
      await fleets.startNestWorker();
    }
    return KILLS;
  }

  async function observe({ taskIds, name }: BuiltCanvas, wait: Wait): Promise<Observed> {
    const called = await calledBy(fleets.redis, name);
    const states = await statesOf(fleets.redis, taskIds);
    return { taskIds: taskIds.map(ofPython), states, called, awaited: normalised(await wait()) };
  }

  async function judge(walk: Walk, [mixed, oracle]: readonly [Wait, Wait]) {
    const [ours, theirs] = await Promise.all([observe(walk.mixed, mixed), observe(walk.python, oracle)]);
    const found = differences(ours, theirs);
    const wrong = found.length > 0 ? [{ found, starter: walk.drawn.starter, canvas: shown(walk.drawn.root) }] : [];
    return { ...walk.drawn, ...walk.mixed, observed: ours, wrong };
  }

  it(
    `give on a mixed fleet what they give on one of Python (SQS_CELERY_SEED=${seed})`,
    { timeout: 300_000 },
    async () => {
      const walks = fc.sample(drawnCanvas, { numRuns: CANVASES, seed }).map((drawn, number): Walk => {
        const mixed = mixedCanvas(drawn, number);
        return { drawn, mixed, python: pythonCanvas(mixed) };
      });
      const canvases = walks.map(({ drawn }) => drawn);
      const until = performance.now() + LONGEST_MS;
      const reach: Reach = (isReached) => awaitFleets(isReached, { fleets, canvases, until });
      const [kills, started] = await Promise.all([killWorkers(reach), Promise.all(walks.map(start))]);
      await reach(() => fleets.messagesLeft === 0);

      const judged = await Promise.all(walks.map((walk, index) => judge(walk, started[index]!)));
      expect(judged.flatMap(({ wrong }) => wrong)).toEqual([]);

      const figures = figuresOf(judged, await runsOf(fleets.redis));
      console.log({ seed, kills, ...figures });
      expect(figures.meanDepth).toBeGreaterThanOrEqual(3);
      expect(figures.percentWithChord).toBeGreaterThanOrEqual(30);
      expect(figures.percentFailingWithErrback).toBeGreaterThanOrEqual(20);
      expect(figures.percentRedelivered).toBeGreaterThanOrEqual(20);
      expect(kills).toBe(KILLS);
    },
  );
}
