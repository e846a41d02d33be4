import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Command, createConcurrently, LogError, Logger, LogOutput } from 'concurrently';

/** An application that the demo runs as a process of its own. */
export interface Program {
  /** What its output is prefixed with. */
  readonly name: string;
  readonly entry: URL;
  readonly env: Readonly<Record<string, string>>;
  /** Gets every line it prints. */
  readonly onLine?: (line: string) => void;
}

/** A started {@link Program}. */
export interface RunningProgram {
  readonly name: string;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts them side by side, their output merged on stdout line by line under their names. */
export function startPrograms(programs: readonly Program[]): RunningProgram[] {
  const logger = new Logger({ prefixFormat: '{name} |' });
  const { commands, result } = createConcurrently(
    programs.map(({ name, env }) => ({ name, env, command: name })),
    {
      logger,
      outputStream: process.stdout,
      controllers: [new LogError({ logger }), new LogOutput({ logger })],
      prefixColors: ['cyan', 'magenta'],
      // By name instead of through a shell: a signal then reaches the application itself.
      spawn: (name, options) => startNode(programs, name, options),
      kill: (pid, signal) => process.kill(pid, signal),
    },
  );
  // It rejects when a program fails, which the exit code of that program tells as well.
  result.catch(() => undefined);
  return commands.map(running);
}

function startNode(
  programs: readonly Program[],
  name: string,
  options: Parameters<typeof spawn>[2],
): ReturnType<typeof spawn> {
  const program = programs.find((candidate) => candidate.name === name);
  if (program === undefined) throw new Error(`no program ${name}`);
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(program.entry)], options);
  const { onLine } = program;
  if (onLine && child.stdout) createInterface({ input: child.stdout }).on('line', onLine);
  return child;
}

function running(command: Command): RunningProgram {
  return {
    name: command.name,
    ended: new Promise((resolve) => {
      command.close.subscribe(({ exitCode }) => resolve(exitCode));
      command.error.subscribe((error) => resolve(String(error)));
    }),
    kill(signal) {
      if (command.state === 'started') command.kill(signal);
    },
  };
}
