import type { HeldLease } from './held-lease.js';

/** Extends the leases of everything that is held. */
export interface LeaseKeeper {
  /** Keeps the lease from now on, until it is let go, may not be extended any more, or is lost. */
  hold(lease: HeldLease): void;
  /** Keeps it no more. Resolves once no extension of it is under way: one that overtook a release would take the message back. */
  letGo(lease: HeldLease): Promise<void>;
  /** Keeps nothing any more. */
  close(): void;
}
