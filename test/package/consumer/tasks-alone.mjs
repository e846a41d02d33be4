// Run where nothing but the package itself is installed: a shared file of task definitions needs neither Nest nor AWS.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { defineTask, Retry } from 'nestjs-sqs-celery/tasks';

assert.ok(!existsSync('node_modules/@nestjs'), '@nestjs must not be installed here');
assert.ok(!existsSync('node_modules/@aws-sdk'), '@aws-sdk must not be installed here');
assert.equal(defineTask('orders.ship').name, 'orders.ship');
assert.ok(new Retry({ countdown: 1 }));
