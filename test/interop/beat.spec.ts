import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { SqsCeleryModule } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { codeBlocks, readPage } from '../docs/support/markdown.js';
import { PageApp, stubEnvironment } from '../docs/support/page-app.js';
import { PageModules } from '../docs/support/page-modules.js';
import { until } from '../nest.test-support.js';
import { sendRaw } from '../support/send-raw.js';
import { writeGuideFiles } from './support/guide.js';
import { Program } from './support/program.js';
import { PythonWorker } from './support/python-celery.js';
import { Recorder } from './support/recorder.js';
import { describeTargets } from './support/targets.js';

const PAGE = 'docs/guide/periodic.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

describeTargets(
  PAGE,
  ({ python }) => {
    let sqs: LocalSqs;
    beforeEach(async () => {
      sqs = await LocalSqs.start();
      stubEnvironment(sqs);
    });
    afterEach(async () => {
      vi.unstubAllEnvs();
      await sqs.close();
    });

    it("sends Nest's tasks by celery beat", async () => {
      sqs.createQueue('celery');
      const { ReportTasks } = await modules.import<{ ReportTasks: Type<{ written: string[] }> }>(
        PAGE,
        'report.tasks.ts',
      );
      await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers: [ReportTasks] });
      const folder = await writeGuideFiles('periodic.md', sqs.port);
      const args = ['-m', 'celery', '-A', 'schedule', 'beat', '--loglevel', 'INFO', '-s', join(folder, 'ticks')];
      const env = { PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1', NO_COLOR: '1' };
      const beat = new Program('celery beat', python, args, { cwd: folder, env });
      try {
        const { written } = app.get(ReportTasks);
        await until(() => written.length >= 2, 'two ticks', 60_000);
        const [first, second] = written.map((line) => /^us, short, ([0-9a-f-]{36})$/.exec(line)?.[1]);
        expect(first).toBeDefined();
        expect(second).toBeDefined();
        expect(first).not.toBe(second);
      } finally {
        await beat.stop();
        await rm(folder, { recursive: true });
      }
    });

    it("gives EventBridge Scheduler a message that Python's worker runs, too", async () => {
      const recorder = await Recorder.start();
      const url = sqs.createQueue('celery');
      const worker = await PythonWorker.start({
        python,
        endpoint: { region: sqs.region, brokerUrl: `sqs://local:local@127.0.0.1:${sqs.port}` },
        recorder: recorder.address,
        queues: ['celery'],
        settings: { broker_transport_options: { predefined_queues: { celery: { url } } } },
      });
      try {
        const input = codeBlocks(readPage(PAGE)).find(({ language }) => language === 'json')!.text;
        const message = input
          .replaceAll('<aws.scheduler.scheduled-time>', '2026-01-01T03:00:00Z')
          .replace('reports.write', 'interop.record');
        await sendRaw(sqs, 'celery', message);
        const id = 'nightly@2026-01-01T03:00:00Z';
        expect(await recorder.run(id)).toMatchObject({
          by: 'python',
          id,
          rootId: id,
          retries: 0,
          routingKey: 'celery',
        });
        const [run] = recorder.of(id);
        expect(run!.args).toEqual([{ type: 'str', repr: "'eu'" }]);
        expect(run!.kwargs).toEqual({ full: { type: 'bool', repr: 'True' } });
      } finally {
        await worker.stop();
        await recorder.stop();
      }
    });
  },
  ['LocalSqs'],
);
