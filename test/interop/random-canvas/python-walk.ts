import type { ResultTuple, SignatureJson } from 'nestjs-sqs-celery';
import { Program } from '../support/program.js';
import { pythonProject } from '../support/python.js';

/** What awaiting a result came to: a value, the class and text of an error, or neither in time. */
export type Awaited =
  { readonly value: unknown } | { readonly raised: readonly [string, string] } | { readonly missing: true };

/** A Python interpreter that sends canvases and awaits their results. */
export class PythonWalk {
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(private readonly program: Program) {}

  static start(python: string, env: Record<string, string>): PythonWalk {
    return new PythonWalk(new Program('walk.py', python, ['-u', 'walk.py'], { cwd: pythonProject, env }));
  }

  /** Resolves with what can be waited for. */
  send(signature: SignatureJson): Promise<ResultTuple> {
    return this.#ask({ send: signature });
  }

  get(result: ResultTuple, timeout: number): Promise<Awaited> {
    return this.#ask({ get: result, timeout });
  }

  stop(): Promise<unknown> {
    return this.program.stop();
  }

  /** Commands take turns: the answers carry no number. */
  #ask<Answer>(command: object): Promise<Answer> {
    const answer = this.#turn.then(async () => {
      const line = this.program.nextLine((candidate) => /^\{"(ok|error)":/.test(candidate));
      this.program.write(`${JSON.stringify(command)}\n`);
      const reply = JSON.parse(await line) as { ok?: Answer; error?: string };
      if (reply.ok === undefined) throw new Error(`walk.py: ${reply.error} at ${JSON.stringify(command)}`);
      return reply.ok;
    });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }
}
