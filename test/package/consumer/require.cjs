const assert = require('node:assert/strict');

const exported = {
  '.': 'SqsCeleryModule',
  './config': 'sqsCeleryConfig',
  './lambda': 'createLambdaHandler',
  './tasks': 'defineTask',
  './testing': 'LocalSqs',
};
const { exports: entries } = require('nestjs-sqs-celery/package.json');
assert.deepEqual([...Object.keys(exported), './package.json'].sort(), Object.keys(entries).sort());

for (const [entry, name] of Object.entries(exported)) {
  const specifier = `nestjs-sqs-celery${entry.slice(1)}`;
  assert.equal(typeof require(specifier)[name], 'function', specifier);
}
