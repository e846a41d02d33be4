/** A client of the package `redis`, or anything that sends commands like one. */
export interface NodeRedisLike {
  sendCommand(args: readonly string[]): Promise<unknown>;
}

/** A client of the package `ioredis`. */
export interface IoRedisLike {
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** A connected client of the caller's: it is used, and neither configured nor closed. */
export type RedisClient = NodeRedisLike | IoRedisLike;

/** Sends one command and gives the reply: text, integer, null, or an array of them. */
export type SendCommand = (args: readonly [command: string, ...rest: string[]]) => Promise<unknown>;

/** How a client is spoken to. */
export function senderOf(client: RedisClient): SendCommand {
  // ioredis has a sendCommand too, of another kind.
  if ('call' in client) return ([command, ...args]) => client.call(command, ...args);
  return (args) => client.sendCommand(args);
}
