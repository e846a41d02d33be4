/**
 * Requests the process has handed to the operating system or to the thread pool and not got back: connecting sockets,
 * files being read, names being looked up, compression, hashing. Handles that merely exist (sockets, servers, timers) are not work.
 */
const OUTSTANDING =
  /^(FSReq|CloseReq|GetAddrInfoReq|GetNameInfoReq|QueryReq|TCPConnect|PipeConnect|WriteWrap|ShutdownWrap|SendWrap)|(Request|Job)$/;

/** Lets the event loop go round once: pending I/O is polled, its callbacks and their promises run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Tells whether the process itself waits for the operating system or its thread pool. */
export function hasOutstandingRequests(): boolean {
  return process.getActiveResourcesInfo().some((name) => OUTSTANDING.test(name));
}
