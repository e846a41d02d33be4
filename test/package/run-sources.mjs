// node --conditions=@sqs-celery/source --import ./test/package/run-sources.mjs FILE.ts
//
// Runs TypeScript sources in a process of their own, as tests need them that send signals: no build first.
import { register } from 'node:module';

register('./sources-hooks.mjs', import.meta.url);
