import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { EXIT, type Command, type CommandIo } from '../command.js';
import { banner } from './banner.js';
import { readLocalOptions, type LocalOptions } from './local-options.js';

const USAGE = `Usage: nestjs-sqs-celery local [--port 9324] [--region us-east-1] [--queue NAME]...

Serves an Amazon SQS endpoint on 127.0.0.1 for development and tests. It keeps everything in memory and checks no
credentials. Any SQS client can use it: the AWS SDKs, boto3, Celery.

  -p, --port PORT    port to listen on; 0 takes a free one (default 9324)
      --region NAME  region in the queues' ARNs (default us-east-1)
  -q, --queue NAME   create this queue at once; may be given several times; NAME.fifo makes a FIFO queue
  -h, --help         show this`;

/** Serves the local SQS endpoint until it is told to stop. */
export const localCommand: Command = {
  name: 'local',
  summary: 'serve an Amazon SQS endpoint on 127.0.0.1 for development and tests',
  usage: USAGE,
  async run(args, io) {
    const options = readLocalOptions(args);
    const sqs = await start(options);
    try {
      for (const name of options.queues) sqs.createQueue(name);
      for (const line of banner(sqs, options.queues)) io.out(line);
      await stopped(io);
    } finally {
      await sqs.close();
    }
    return EXIT.ok;
  },
};

async function start({ port, region }: LocalOptions): Promise<LocalSqs> {
  try {
    return await LocalSqs.start({ port, region });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'EADDRINUSE') {
      throw new Error(
        `port ${port} of 127.0.0.1 is in use. Choose another with --port, or --port 0 for any free one.`,
        { cause: error },
      );
    }
    if (error.code === 'EACCES') {
      throw new Error(`port ${port} of 127.0.0.1 is not allowed for this user. Choose one above 1023 with --port.`, {
        cause: error,
      });
    }
    throw error;
  }
}

function stopped({ stop }: CommandIo): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
}
