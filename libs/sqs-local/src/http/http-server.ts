import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** An HTTP server on the loopback interface. */
export class HttpServer {
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Listens on `port` of 127.0.0.1 (0: a free one); rejects when it is taken. */
  static listen(port: number, handler: RequestListener, onConnection: (socket: Socket) => void): Promise<HttpServer> {
    // Clients keep their connections: one closed by the server between two requests would look like a failure to them.
    const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0, noDelay: true }, handler);
    server.on('connection', onConnection);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve(new HttpServer(server, (server.address() as AddressInfo).port));
      });
    });
  }

  /** Takes no more connections and cuts those that are open. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    // Answers that were written just now leave first.
    await new Promise((resolve) => setImmediate(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}
