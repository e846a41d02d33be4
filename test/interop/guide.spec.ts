import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeGuideFiles } from './support/guide.js';
import { Program } from './support/program.js';
import { describeTargets } from './support/targets.js';

const runSources = fileURLToPath(new URL('../package/run-sources.mjs', import.meta.url));

/** Starts a module of the guide's and sends one task, as its `main.ts` does. */
const mainOf = (module: string, name: string, queue: string): string => `
  import { NestFactory } from '@nestjs/core';
  import { TaskProducer } from 'nestjs-sqs-celery';
  import { ${name} } from './${module}.js';
  const app = await NestFactory.createApplicationContext(${name});
  app.enableShutdownHooks();
  await app.get(TaskProducer).send('python.add', { args: [2, 3], queue: '${queue}' });
`;

describeTargets(
  'docs/guide/python.md',
  (target) => {
    let sqs: LocalSqs;
    let folder: string;
    const programs: Program[] = [];

    beforeAll(async () => {
      sqs = await LocalSqs.start({ port: 0 });
      folder = await writeGuideFiles('python.md', sqs.port);
    });
    afterAll(async () => {
      await Promise.all(programs.map((program) => program.stop()));
      await sqs?.close();
      if (folder) await rm(folder, { recursive: true });
    });

    function start(name: string, command: string, args: string[]): Program {
      const env = { PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1', NO_COLOR: '1' };
      const program = new Program(name, command, args, { cwd: folder, env });
      programs.push(program);
      return program;
    }

    async function startCelery(app: string): Promise<Program> {
      const worker = start(app, target.python, [
        '-m',
        'celery',
        '-A',
        app,
        'worker',
        '-P',
        'solo',
        '--loglevel',
        'INFO',
      ]);
      await worker.line(/ ready\./);
      return worker;
    }

    function startNest(main: string): Program {
      const hooks = ['--conditions=@sqs-celery/source', '--import', runSources];
      return start('Nest', process.execPath, [...hooks, main]);
    }

    async function sendGreeting(app: string): Promise<void> {
      const script = `from ${app} import app; app.send_task('nest.greet', args=['Ada'])`;
      await start('sender', target.python, ['-c', script]).ended;
    }

    const added = /Task python\.add\[\S+\] succeeded in \S+: 5$/;
    const greeted = /Task nest\.greet\[\S+\] succeeded in \S+: 'Hello Ada'$/;

    it('queues that exist', async () => {
      for (const name of ['python', 'nest']) sqs.createQueue(name);
      const celery = await startCelery('tasks');
      const nest = startNest('main.ts');
      expect(await celery.line(added)).toMatch(added);
      await start('send.py', target.python, ['send.py']).ended;
      expect(await nest.line(greeted)).toMatch(greeted);
    });

    describe.each([
      {
        title: 'queues that are created',
        app: 'created_tasks',
        module: 'created.module',
        name: 'CreatedModule',
        queue: 'python',
      },
      { title: 'a shared queue', app: 'shared_tasks', module: 'shared.module', name: 'SharedModule', queue: 'shared' },
    ])('$title', ({ app, module, name, queue }) => {
      it('works', async () => {
        if (queue === 'shared') createSharedQueue();
        const celery = await startCelery(app);
        const main = `${module}.main.ts`;
        await writeFile(join(folder, main), mainOf(module, name, queue));
        const nest = startNest(main);
        expect(await celery.line(added)).toMatch(added);
        await sendGreeting(app);
        expect(await nest.line(greeted)).toMatch(greeted);
      });
    });

    function createSharedQueue(): void {
      sqs.createQueue('dead');
      const deadLetterTargetArn = `arn:aws:sqs:${sqs.region}:000000000000:dead`;
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 10 });
      sqs.createQueue('shared', { attributes: { VisibilityTimeout: '1800', RedrivePolicy } });
    }

    it('the created queues have the names that both sides compute', () => {
      expect(sqs.queueNames()).toEqual(expect.arrayContaining(['shop-python', 'shop-nest']));
    });
  },
  ['LocalSqs'],
);
