const FIRST_MAX_SECONDS = 5;
const MAX_SECONDS = 60;

/** Receives after which the delay doubles: another fleet gets a few quick chances before the pauses grow. */
const RECEIVES_PER_STEP = 2;

/**
 * Seconds for which a message that somebody else must handle stays out of sight: 1–5 s at first, doubling to 60 s, jittered so
 * that a crowd of such messages does not come back at one moment.
 */
export function backOffSeconds(receiveCount: number, random: () => number = Math.random): number {
  const step = Math.floor((receiveCount - 1) / RECEIVES_PER_STEP);
  const longest = Math.min(MAX_SECONDS, FIRST_MAX_SECONDS * 2 ** step);
  const shortest = Math.ceil(longest / FIRST_MAX_SECONDS);
  return shortest + Math.floor(random() * (longest - shortest + 1));
}
