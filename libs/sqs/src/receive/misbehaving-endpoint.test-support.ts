import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import type { LocalSqs, VirtualClock } from '#sqs-local';

/** Does something to a request instead of answering it as SQS would. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** Stands before an SQS endpoint, hands everything on, and misbehaves when it is told to, down to the socket. */
export class MisbehavingEndpoint {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #sockets = new Set<Socket>();
  readonly #rules = new Map<string, Misbehaviour>();

  private constructor(
    private readonly sqs: LocalSqs,
    private readonly clock: VirtualClock,
  ) {
    this.#server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, (request, response) => {
      request.resume();
      request.on('close', () => clock.touch());
      const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      clock.touch();
      const rule = this.#rules.get(action);
      if (rule) rule(request, response);
      else this.#handOn(request, response);
    });
    this.#server.on('connection', (socket) => {
      clock.touch();
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async before(sqs: LocalSqs, clock: VirtualClock): Promise<MisbehavingEndpoint> {
    const endpoint = new MisbehavingEndpoint(sqs, clock);
    await new Promise<void>((resolve) => endpoint.#server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Treats every request of these actions so until {@link behave}. */
  misbehave(how: Misbehaviour, ...actions: readonly string[]): void {
    for (const action of actions) this.#rules.set(action, how);
  }

  behave(): void {
    this.#rules.clear();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  #handOn(request: IncomingMessage, response: ServerResponse): void {
    const target = httpRequest(this.sqs.endpoint, {
      agent: this.#agent,
      method: request.method ?? 'POST',
      path: request.url ?? '/',
      headers: request.headers,
    });
    target.on('response', (answer) => {
      this.clock.touch();
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on('data', () => this.clock.touch());
      answer.pipe(response);
    });
    target.on('error', () => response.destroy());
    response.on('close', () => {
      this.clock.touch();
      if (!response.writableFinished) target.destroy();
    });
    request.pipe(target);
  }
}

/** Answers with a status and a body. */
export const answers =
  (status: number, body = '', type = 'application/x-amz-json-1.0'): Misbehaviour =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);

/** Refuses as SQS does. */
export const refuses = (status: number, code: string): Misbehaviour =>
  answers(status, JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: `${code}.` }));

/** Begins an answer and never ends it. */
export const stopsInTheMiddle: Misbehaviour = (_request, response) =>
  void response.writeHead(200, { 'content-length': 1000 }).write('{"Messages":[');

export const neverAnswers: Misbehaviour = () => undefined;

/** Cuts the connection before an answer. */
export const cutsOff: Misbehaviour = (request) => void request.socket.resetAndDestroy();

/** Cuts the connection when half of the answer is out. */
export const cutsOffInTheMiddle: Misbehaviour = (request, response) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('{"Messages":[', () => setImmediate(() => request.socket.resetAndDestroy()));
};

/** Ends the connection in order, when half of the answer is out. */
export const endsInTheMiddle: Misbehaviour = (request, response) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('{"Messages":[', () => setImmediate(() => request.socket.end()));
};

/** Speaks another protocol. */
export const speaksSsh: Misbehaviour = (request) => void request.socket.end('SSH-2.0-OpenSSH_9.2\r\n');

/** How a {@link FickleAgent} connects. */
export type Connecting = 'well' | 'refused' | 'unresolved' | 'tls';

/** Connections that fail before there is a server to misbehave. */
export class FickleAgent extends Agent {
  connecting: Connecting = 'well';

  constructor(private readonly port: number) {
    super({ keepAlive: true });
  }

  /** From now on; connections that are open are given up. */
  connect(how: Connecting): void {
    this.connecting = how;
    this.destroy();
  }

  override createConnection(): Socket {
    if (this.connecting === 'tls') return connectTls({ host: '127.0.0.1', port: this.port });
    return connect(this.#target());
  }

  #target(): NetConnectOpts {
    if (this.connecting === 'refused') return { host: '127.0.0.1', port: 1 };
    if (this.connecting === 'well') return { host: '127.0.0.1', port: this.port };
    return { host: 'sqs.invalid', port: this.port, lookup: (host, _options, done) => done(notFound(host), '', 4) };
  }
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
}
