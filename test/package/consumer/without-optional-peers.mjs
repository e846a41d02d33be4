// Run where only the peers are installed that every application needs: no other is wanted before it is used.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';

const { exports, peerDependenciesMeta } = JSON.parse(
  readFileSync('node_modules/nestjs-sqs-celery/package.json', 'utf8'),
);
for (const name of Object.keys(peerDependenciesMeta)) {
  assert.ok(!existsSync(`node_modules/${name}`), `${name} must not be installed here`);
}

const NEEDS_ITS_PEER = ['./config', './package.json'];
for (const entry of Object.keys(exports).filter((one) => !NEEDS_ITS_PEER.includes(one))) {
  await import(`nestjs-sqs-celery${entry.slice(1)}`);
}
