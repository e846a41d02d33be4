/** How many requests came in, by SQS action. */
export class RequestCounts {
  private counts = new Map<string, number>();

  add(action: string): void {
    this.counts.set(action, (this.counts.get(action) ?? 0) + 1);
  }

  /** A copy. */
  read(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }

  reset(): void {
    this.counts = new Map();
  }
}
