/** One figure with what it has to reach. */
export interface Part {
  readonly name: string;
  /** Null: not measured in this run. */
  readonly value: number | null;
  readonly goal: number;
  /** Whether the goal is the least or the most. */
  readonly bound: 'least' | 'most';
  /** False where it was not measured. */
  readonly met: boolean;
}

/** One row of the budgets: met when all its parts are. */
export interface Budget {
  readonly name: string;
  /** Of the part that is furthest behind its goal; null where a part was not measured. */
  readonly value: number | null;
  /** Of the same part. */
  readonly goal: number;
  readonly unit: string;
  readonly met: boolean;
  readonly parts: readonly Part[];
}

/** The figure must not be greater. */
export function atMost(goal: number, name: string, value: number | undefined): Part {
  return { name, value: value ?? null, goal, bound: 'most', met: value !== undefined && value <= goal };
}

/** The figure must not be less. */
export function atLeast(goal: number, name: string, value: number | undefined): Part {
  return { name, value: value ?? null, goal, bound: 'least', met: value !== undefined && value >= goal };
}

export function budget(name: string, unit: string, parts: readonly [Part, ...Part[]]): Budget {
  const { value, goal } = parts.reduce((worst, part) => (shortfall(part) > shortfall(worst) ? part : worst));
  return { name, value, goal, unit, met: parts.every(({ met }) => met), parts };
}

/** How far a part is behind its goal: more than 1 misses it. What was not measured is furthest behind. */
function shortfall({ value, goal, bound }: Part): number {
  if (value === null) return Number.POSITIVE_INFINITY;
  return bound === 'most' ? value / goal : goal / Math.max(value, Number.MIN_VALUE);
}
