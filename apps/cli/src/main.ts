#!/usr/bin/env node
import { once } from 'node:events';
import { run } from './run.js';

const stop = new AbortController();
const onSignal = (): void => stop.abort();
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);

process.exitCode = await run(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  error: (line) => process.stderr.write(`${line}\n`),
  stop: stop.signal,
});

// A last line may still be on its way to a pipe.
if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
process.off('SIGINT', onSignal);
process.off('SIGTERM', onSignal);
