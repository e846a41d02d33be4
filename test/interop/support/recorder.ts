import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A Python value: the name of its type and its `repr`. */
export interface PythonValue {
  readonly type: string;
  readonly repr: string;
}

/** One run of a task, on either side. `args` and `kwargs` are {@link PythonValue}s from Python, plain values from Nest. */
export interface Run {
  readonly by: 'python' | 'nest';
  readonly task: string;
  readonly id: string;
  readonly retries: number;
  readonly rootId?: string | null;
  readonly parentId?: string | null;
  readonly eta?: string | null;
  readonly expires?: string | null;
  readonly priority?: number | null;
  readonly routingKey?: string | null;
  readonly groupId?: string | null;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds of the recording. */
  readonly at: number;
}

interface Waiter {
  readonly enough: () => boolean;
  readonly resolve: () => void;
}

/** Collects what tasks did. Nest tasks add runs in process, Python tasks over a socket; a test awaits them. */
export class Recorder {
  readonly runs: Run[] = [];
  private readonly waiters = new Set<Waiter>();
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(): Promise<Recorder> {
    const server = createServer();
    const recorder = new Recorder(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return recorder;
  }

  /** host:port for PROJ_RECORDER. */
  get address(): string {
    const { port } = this.server.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  add(run: Omit<Run, 'at'>): void {
    this.runs.push({ ...run, at: Date.now() });
    for (const waiter of this.waiters) if (waiter.enough()) waiter.resolve();
  }

  /** The runs of one message (or of all retries of it: they share the id). */
  of(id: string): Run[] {
    return this.runs.filter((run) => run.id === id);
  }

  /** Resolves with the first run of `id`. */
  async run(id: string, timeoutMs?: number): Promise<Run> {
    const [first] = await this.until(() => this.of(id), 1, timeoutMs);
    return first!;
  }

  /** Resolves with what `select` finds once that is at least `count` long. */
  async until<T>(select: () => T[], count: number, timeoutMs = 30_000): Promise<T[]> {
    let waiter: Waiter | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { enough: () => select().length >= count, resolve };
        this.waiters.add(waiter);
        timer = setTimeout(() => reject(this.tooFew(select().length, count, timeoutMs)), timeoutMs);
        if (waiter.enough()) resolve();
      });
    } finally {
      clearTimeout(timer);
      if (waiter) this.waiters.delete(waiter);
    }
    return select();
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    createInterface({ input: socket }).on('line', (line) => {
      this.add(JSON.parse(line) as Omit<Run, 'at'>);
      socket.end('.');
    });
  }

  private tooFew(found: number, wanted: number, timeoutMs: number): Error {
    const last = this.runs.slice(-5).map((run) => `${run.by} ${run.task}[${run.id}] retries=${run.retries}`);
    return new Error(
      `${found} of ${wanted} runs within ${timeoutMs} ms; the last of all: ${last.join(', ') || 'none'}`,
    );
  }
}
