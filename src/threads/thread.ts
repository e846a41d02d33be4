import { ThreadApplication } from './thread-application.js';
import { threadData, type ProbeMessage, type RunMessage } from './thread-messages.js';

/*
 * What each thread of the pool runs. Nothing is awaited here: a thread whose file fails to load is not replaced by piscina, and what
 * waits for it would wait for ever.
 */
const data = threadData();
const application = data && new ThreadApplication(data);
application?.prepare();

/** @throws (rejects) Error outside of a thread of the pool */
export async function run(message: ProbeMessage | RunMessage): Promise<unknown> {
  if (!application) throw new Error('This file is for the threads of SqsCeleryModule.');
  return message.kind === 'probe' ? application.probe(message) : application.run(message);
}
