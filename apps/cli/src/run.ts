import { EXIT, UsageError, type Command, type CommandIo } from './command.js';
import { localCommand } from './local/local-command.js';

const COMMANDS: readonly Command[] = [localCommand];

/** Runs the command line `args` (without node and script) and resolves to the exit code. */
export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) return misuse(io, 'A command is missing.', usage());
  if (isHelp(name) || name === 'help') return show(io, usage());
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) return misuse(io, `Unknown command ${JSON.stringify(name)}.`, usage());
  return rest.some(isHelp) ? show(io, command.usage) : runCommand(command, rest, io);
}

async function runCommand(command: Command, args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await command.run(args, io);
  } catch (error) {
    if (error instanceof UsageError) return misuse(io, error.message, command.usage);
    io.error(`nestjs-sqs-celery ${command.name}: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.failure;
  }
}

function isHelp(arg: string): boolean {
  return arg === '--help' || arg === '-h';
}

function show(io: CommandIo, text: string): number {
  io.out(text);
  return EXIT.ok;
}

function misuse(io: CommandIo, message: string, hint: string): number {
  io.error(`nestjs-sqs-celery: ${message}\n\n${hint}`);
  return EXIT.usage;
}

function usage(): string {
  const commands = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`);
  return [
    'Usage: nestjs-sqs-celery <command> [options]',
    '',
    'Commands:',
    ...commands,
    '',
    'nestjs-sqs-celery <command> --help tells more.',
  ].join('\n');
}
