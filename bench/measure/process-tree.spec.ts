import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signalTree, treeOf, usageOf } from './process-tree.js';

/** A process with a child; both wait. */
const parent = `
const { spawn } = require('node:child_process');
const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('exit', () => process.exit());
`;

describe.runIf(existsSync('/proc/self/smaps_rollup'))('the tree of a process', () => {
  it('has its children, what they use, and is ended as a whole', async () => {
    const root = spawn(process.execPath, ['-e', parent], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void root.kill('SIGKILL'));
    await once(createInterface({ input: root.stdout }), 'line');
    const pid = root.pid ?? 0;
    const tree = await treeOf(pid);
    expect(tree).toHaveLength(2);
    const [, child = 0] = tree;
    const [all, one] = [await usageOf(pid), await usageOf(child)];
    expect(all.cpuMs).toBeGreaterThan(one.cpuMs);
    expect(all.pssMb).toBeGreaterThan(one.pssMb);
    const ended = once(root, 'exit');
    await signalTree(pid, 'SIGKILL');
    await ended;
    expect(await usageOf(pid)).toEqual({ cpuMs: 0, pssMb: 0 });
  });
});
