import { Program } from '../../interop/support/program.js';
import { endedWithThisProcess } from './commands.js';

/** The SQS endpoint that the command of the package serves, on a free port. */
export class Endpoint implements AsyncDisposable {
  readonly #program: Program;
  readonly #ended: Promise<void>;

  private constructor(
    program: Program,
    /** The variables that it told to export. */
    readonly env: Readonly<Record<string, string>>,
    ended: Promise<void>,
  ) {
    this.#program = program;
    this.#ended = ended;
  }

  /** Starts `npx nestjs-sqs-celery local …` in the folder of an application. */
  static async start(folder: string, [command = '', ...args]: readonly string[]): Promise<Endpoint> {
    // A group of its own: npx leaves what it runs behind when it is ended alone.
    const program = new Program(command, command, [...args, '--port', '0'], { cwd: folder, detached: true });
    const ended = endedWithThisProcess(program);
    try {
      await program.line(/Ctrl-C ends it/);
      return new Endpoint(program, exported(program.lines), ended);
    } catch (error) {
      program.signalGroup('SIGKILL');
      await ended;
      throw error;
    }
  }

  /** How many messages a queue holds, whatever their state. */
  async messages(queue: string): Promise<number> {
    const url = `${this.env.AWS_ENDPOINT_URL_SQS}/000000000000/${queue}?Action=GetQueueAttributes&AttributeName.1=All`;
    const answer = await (await fetch(url)).text();
    const counts = [...answer.matchAll(/<Name>ApproximateNumberOfMessages\w*<\/Name>\s*<Value>(\d+)</g)];
    if (counts.length === 0) throw new Error(`No counts of ${queue}: ${answer}`);
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.signalGroup('SIGTERM');
    const timer = setTimeout(() => this.#program.signalGroup('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** `export NAME=value NAME=value` of all lines. */
function exported(lines: readonly string[]): Record<string, string> {
  const words = lines.filter((line) => line.startsWith('export ')).flatMap((line) => line.split(' ').slice(1));
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}
