import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** What a task wrote down: that it began, ended, or was told to stop. */
export interface Note {
  readonly by: 'nest' | 'celery';
  readonly task: string;
  readonly id: string;
  readonly event: 'begin' | 'end' | 'told';
  readonly retries: number;
  readonly args: readonly unknown[];
  readonly pid: number;
}

/** A note with the moment of its arrival, in epoch milliseconds of the stage's clock. */
export interface Entry extends Note {
  readonly at: number;
}

/** Collects what the tasks of one stage do, in this process or over a socket; a scenario awaits it. */
export class Journal {
  readonly entries: Entry[] = [];
  readonly #server: Server;
  readonly #now: () => number;
  readonly #sockets = new Set<Socket>();
  readonly #watchers = new Set<() => void>();

  private constructor(server: Server, now: () => number) {
    this.#server = server;
    this.#now = now;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(now: () => number = Date.now): Promise<Journal> {
    const server = createServer();
    const journal = new Journal(server, now);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return journal;
  }

  /** host:port for tasks in other processes. */
  get address(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  add(note: Note): void {
    this.entries.push({ ...note, at: this.#now() });
    for (const look of this.#watchers) look();
  }

  of(event: Note['event']): Entry[] {
    return this.entries.filter((entry) => entry.event === event);
  }

  /** Every beginning of a task, in order. */
  get runs(): Entry[] {
    return this.of('begin');
  }

  /** Resolves with what `select` finds once that is at least `count` long. */
  async until(select: () => Entry[], count: number, timeoutMs = 60_000): Promise<Entry[]> {
    let look = (): void => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        look = (): void => {
          if (select().length >= count) resolve();
        };
        this.#watchers.add(look);
        const tooFew = (): Error => new Error(`${select().length} of ${count} entries within ${timeoutMs} ms`);
        timer = setTimeout(() => reject(tooFew()), timeoutMs);
        // Whoever lost interest must not be kept waiting.
        timer.unref();
        look();
      });
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(look);
    }
    return select();
  }

  /** Resolves once nothing was added for as long. */
  async quiet(ms: number): Promise<void> {
    for (let seen = -1; seen !== this.entries.length;) {
      seen = this.entries.length;
      await delay(ms);
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      this.add(JSON.parse(line) as Note);
      socket.end('.');
    });
    // A process that is killed cuts its connection; readline hands the error on.
    const cut = (): void => lines.close();
    lines.on('error', cut);
    socket.on('error', cut);
  }
}
