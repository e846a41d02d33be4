import { CLOCK } from 'nestjs-sqs-celery';
import { LocalSqs, VirtualClock } from 'nestjs-sqs-celery/testing';
import { startApp, type AppSetUp, type RunningApp } from '../nest.test-support.js';

/** An endpoint and the clock that it goes by. */
export interface VirtualSqs extends AsyncDisposable {
  readonly sqs: LocalSqs;
  readonly clock: VirtualClock;
}

/** An application and its endpoint on a clock that is turned by hand. */
export interface VirtualApp extends RunningApp {
  readonly clock: VirtualClock;
}

interface VirtualSetUp extends Omit<AppSetUp, 'sqs' | 'configure'> {
  /** An endpoint that is there, or another application whose endpoint is shared. */
  readonly on?: Pick<VirtualSqs, 'sqs' | 'clock'>;
}

/** Starts an application on the clock of its endpoint; the clock is moved on while the application closes. */
export async function startVirtualApp({ on, ...setUp }: VirtualSetUp): Promise<VirtualApp> {
  const endpoint = on ?? (await startVirtualSqs());
  const { sqs, clock } = endpoint;
  const running = await startApp({
    ...setUp,
    sqs,
    configure: (builder) => builder.overrideProvider(CLOCK).useValue(clock),
  });
  const dispose = async (): Promise<void> => {
    const closed = running[Symbol.asyncDispose]();
    await clock.advance(60_000);
    await closed;
    if (!on) await sqs.close();
  };
  return { ...running, clock, [Symbol.asyncDispose]: dispose };
}

/** Starts an endpoint on a clock that is turned by hand. */
export async function startVirtualSqs(): Promise<VirtualSqs> {
  // A loaded machine may need long for what happens at one moment.
  const clock = new VirtualClock({ patienceMs: 60_000 });
  const sqs = await LocalSqs.start({ clock });
  return { sqs, clock, [Symbol.asyncDispose]: () => sqs.close() };
}
