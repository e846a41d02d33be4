import type { ResultTuple } from 'nestjs-sqs-celery';
import type { Endpoint } from './endpoint.js';

import { Program } from './program.js';
import { pythonProject } from './python.js';
import type { PythonGroup, PythonLook, PythonOutcome } from './python-result.js';

/** How the Python application is set up. */
export interface PythonOptions {
  readonly python: string;
  readonly endpoint: Pick<Endpoint, 'region' | 'brokerUrl'>;
  /** host:port of the recorder. */
  readonly recorder: string;
  /** Celery's settings, lower-case, as `app.conf.update` takes them. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Celery's name of the queue to which Python sends what it reflects. */
  readonly replyQueue?: string;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface PythonWorkerOptions extends PythonOptions {
  readonly queues: readonly string[];
  readonly pool?: 'solo' | 'prefork';
  readonly concurrency?: number;
  /** Whether it leads a process group, so that it can be killed together with its children. */
  readonly detached?: boolean;
}

/** A running `celery worker`. */
export class PythonWorker {
  private constructor(readonly program: Program) {}

  static async start(options: PythonWorkerOptions): Promise<PythonWorker> {
    const { queues, pool = 'solo', concurrency = 1 } = options;
    const flags = ['--without-gossip', '--without-mingle', '--without-heartbeat', '--loglevel', 'INFO'];
    const program = new Program(
      'celery worker',
      options.python,
      [
        '-m',
        'celery',
        '-A',
        'proj.app',
        'worker',
        '-P',
        pool,
        '-c',
        `${concurrency}`,
        '-Q',
        queues.join(','),
        ...flags,
      ],
      { cwd: pythonProject, env: pythonEnvironment(options), detached: options.detached ?? false },
    );
    try {
      await program.line(/celery@\S+ ready\./);
    } catch (error) {
      await program.stop();
      throw error;
    }
    return new PythonWorker(program);
  }

  async stop(): Promise<void> {
    await this.program.stop();
  }
}

/** A send from Python. `args`, `kwargs` and `options` are Python expressions. */
export interface PythonSend {
  readonly args?: string;
  readonly kwargs?: string;
  readonly options?: string;
}

/** One Python interpreter that sends what it is told to. */
export class PythonProducer {
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(private readonly program: Program) {}

  static start(options: PythonOptions): PythonProducer {
    const program = new Program('Python producer', options.python, ['-u', 'producer.py'], {
      cwd: pythonProject,
      env: pythonEnvironment(options),
    });
    return new PythonProducer(program);
  }

  /** Resolves with the task id once SQS has the message. */
  send(task: string, send: PythonSend = {}): Promise<string> {
    return this.ask({ send: task, ...send });
  }

  /** Sends a canvas, a Python expression. Resolves with the ids of its results: the last one's first, then those of its parents. */
  async apply(canvas: string): Promise<string[]> {
    return JSON.parse(await this.ask({ apply: canvas })) as string[];
  }

  /** What `AsyncResult(id).get()` returns or raises. */
  async get(id: string, timeout = 20): Promise<PythonOutcome> {
    return JSON.parse(await this.ask({ get: id, timeout })) as PythonOutcome;
  }

  /** What `AsyncResult(id)` tells, as soon as it is in the state `until`, or at once. */
  async look(id: string, until: string | null = null, timeout = 20): Promise<PythonLook> {
    return JSON.parse(await this.ask({ look: id, until, timeout })) as PythonLook;
  }

  /** What `GroupResult.restore(id)` gives, once its members have ended; null: it is not saved. */
  async restore(id: string, timeout = 20): Promise<PythonGroup | null> {
    return JSON.parse(await this.ask({ restore: id, timeout })) as PythonGroup | null;
  }

  /** Sends a canvas that ends in a group, a Python expression, and saves its result. Resolves with its tuple. */
  async save(canvas: string): Promise<ResultTuple> {
    return JSON.parse(await this.ask({ save: canvas })) as ResultTuple;
  }

  /** What kombu writes after reading `text`. */
  roundTrip(text: string): Promise<string> {
    return this.ask({ roundtrip: text });
  }

  async stop(): Promise<void> {
    await this.program.stop();
  }

  /** Commands take turns: the answers carry no number. */
  private ask(command: object): Promise<string> {
    const answer = this.turn.then(async () => {
      const line = this.program.nextLine((candidate) => /^\{"(ok|error)":/.test(candidate));
      this.program.write(`${JSON.stringify(command)}\n`);
      const reply = JSON.parse(await line) as { ok?: string; error?: string };
      if (reply.ok === undefined) throw new Error(`Python producer: ${reply.error}`);
      return reply.ok;
    });
    this.turn = answer.catch(() => undefined);
    return answer;
  }
}

/** What the programs of the Python application are started with. */
export function pythonEnvironment(options: PythonOptions): Record<string, string> {
  return {
    AWS_DEFAULT_REGION: options.endpoint.region,
    PROJ_BROKER: options.endpoint.brokerUrl,
    PROJ_CONFIG: JSON.stringify(withTransport(options.settings ?? {})),
    PROJ_RECORDER: options.recorder,
    PROJ_REPLY_QUEUE: options.replyQueue ?? 'nest',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
    ...options.env,
  };
}

/** Short polls: a poll that a stopping worker leaves behind may still be handed a message. */
function withTransport(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = (settings['broker_transport_options'] ?? {}) as Record<string, unknown>;
  const transport = { region: 'us-east-1', wait_time_seconds: 1, polling_interval: 0, ...given };
  return { ...settings, broker_transport_options: transport };
}
