import { Program } from '../../interop/support/program.js';

const LIMIT_MS = 300_000;

/** Runs a command to its end; rejects with its output where it fails or takes too long. */
export async function run(folder: string, [command = '', ...args]: readonly string[]): Promise<void> {
  const name = [command, ...args].join(' ');
  const program = new Program(name, command, args, { cwd: folder, detached: true });
  const timer = setTimeout(() => program.signalGroup('SIGKILL'), LIMIT_MS);
  await endedWithThisProcess(program);
  clearTimeout(timer);
  if (program.exitCode !== 0) {
    throw new Error(`${name} ended with ${program.exitCode ?? program.exitSignal} in ${folder}:\n${program.output}`);
  }
}

/** Resolves once it has ended. Ends with this process too: leading a group of its own, it hears nothing of a Ctrl-C. */
export async function endedWithThisProcess(program: Program): Promise<void> {
  const end = (): void => program.signalGroup('SIGKILL');
  process.once('exit', end);
  await program.ended;
  process.off('exit', end);
}
