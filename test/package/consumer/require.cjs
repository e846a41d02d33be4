const assert = require('node:assert/strict');

const exported = {
  '.': 'SqsCeleryModule',
  './config': 'sqsCeleryConfig',
  './tasks': 'defineTask',
  './testing': 'LocalSqs',
};
for (const [entry, name] of Object.entries(exported)) {
  const specifier = `nestjs-sqs-celery${entry.slice(1)}`;
  assert.equal(typeof require(specifier)[name], 'function', specifier);
}
