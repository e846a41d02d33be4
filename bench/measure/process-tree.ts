import { readdir, readFile } from 'node:fs/promises';

/** What a process and all that it has started have used so far. */
export interface Usage {
  /** User and system time of all threads, in milliseconds. */
  readonly cpuMs: number;
  /** Proportional set size, in megabytes: what is shared counts in parts. */
  readonly pssMb: number;
}

/** Milliseconds of a tick of `/proc`; the kernel's USER_HZ is 100 wherever Node runs. */
const TICK_MS = 10;

/** A process and its descendants. */
export async function treeOf(root: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = await statOf(Number(name));
    if (fields) parents.set(Number(name), Number(fields[1]));
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** The time of children that have ended is part of it, as far as their parents have waited for them. */
export async function usageOf(root: number): Promise<Usage> {
  const pids = await treeOf(root);
  const each = await Promise.all(pids.map(async (pid) => ({ cpuMs: await cpuOf(pid), pssMb: await pssOf(pid) })));
  return {
    cpuMs: each.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    pssMb: each.reduce((sum, { pssMb }) => sum + pssMb, 0),
  };
}

/** Parents first. What has ended meanwhile needs no signal. */
export async function signalTree(root: number, signal: NodeJS.Signals): Promise<void> {
  for (const pid of await treeOf(root)) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

async function cpuOf(pid: number): Promise<number> {
  const fields = await statOf(pid);
  // utime, stime, cutime, cstime
  return fields ? fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0) : 0;
}

async function pssOf(pid: number): Promise<number> {
  const text = await contents(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
}

/** The fields behind the name, which may have anything in it: state, ppid, … */
async function statOf(pid: number): Promise<string[] | undefined> {
  const text = await contents(`/proc/${pid}/stat`);
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Empty where the process has ended meanwhile. */
async function contents(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
