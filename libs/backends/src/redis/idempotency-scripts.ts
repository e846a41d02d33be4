import { redisScript, type RedisScript } from './redis-script.js';

/*
 * An attempt is a hash: state (running, released, settled), owner, message, receives, until (end of the lease), attempt (retries
 * in place), lost (0 or 1), decision. Moments are Redis's own milliseconds: the clocks of the workers may differ. Every script
 * has KEYS[1] the key, ARGV[1] the owner, ARGV[2] the milliseconds for which the attempt is remembered from now on.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/*
 * ARGV[3] message id, ARGV[4] receive count, ARGV[5] lease in milliseconds.
 * Gives {'settled', decision}, {'running', milliseconds left} or {'claimed', attempt, lost, decision or nil}.
 */
export const CLAIM = redisScript(`${NOW}
local fields = redis.call('HMGET', KEYS[1], 'state', 'owner', 'message', 'receives', 'until', 'attempt', 'lost', 'decision')
local state, owner, message, receives = fields[1], fields[2], fields[3], tonumber(fields[4])
local ends, attempt, lost, decision = tonumber(fields[5]), fields[6] or '0', fields[7] or '0', fields[8]

if state == 'settled' then return {'settled', decision} end
if state == 'running' and owner ~= ARGV[1] then
  local receivedAgain = message == ARGV[3] and tonumber(ARGV[4]) > receives
  if ends > now and not receivedAgain then return {'running', string.format('%.0f', ends - now)} end
  if not decision then lost = '1' end
end
redis.call('HSET', KEYS[1], 'state', 'running', 'owner', ARGV[1], 'message', ARGV[3], 'receives', ARGV[4],
  'until', string.format('%.0f', now + ARGV[5]), 'attempt', attempt, 'lost', lost)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'claimed', attempt, lost, decision}
`);

/* ARGV[3] lease in milliseconds. Gives 1, or 0 when it is no longer the owner's. */
export const EXTEND = ownersScript(`${NOW}
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[3]))
`);

/* ARGV[3] decision. Gives 1, or 0 when it is no longer the owner's. */
export const DECIDE = ownersScript(`
redis.call('HSET', KEYS[1], 'decision', ARGV[3])
`);

/* ARGV[3] decision. Gives 1, also when the same owner has settled it before, or 0 when it is no longer the owner's. */
export const SETTLE = ownersScript(
  `
redis.call('HSET', KEYS[1], 'state', 'settled', 'decision', ARGV[3])
redis.call('HDEL', KEYS[1], 'message', 'receives', 'until', 'attempt', 'lost')
`,
  `if fields[1] == 'settled' and fields[2] == ARGV[1] then return 1 end`,
);

/* ARGV[3] 1: it is retried in place. Gives 1, or 0 when it is no longer the owner's. */
export const RELEASE = ownersScript(`
redis.call('HSET', KEYS[1], 'state', 'released')
if ARGV[3] == '1' then
  redis.call('HINCRBY', KEYS[1], 'attempt', 1)
  redis.call('HSET', KEYS[1], 'lost', '0')
  redis.call('HDEL', KEYS[1], 'decision')
end
`);

/** A step that only the owner of a running attempt may take. */
function ownersScript(step: string, before = ''): RedisScript {
  return redisScript(`
local fields = redis.call('HMGET', KEYS[1], 'state', 'owner')
${before}
if fields[1] ~= 'running' or fields[2] ~= ARGV[1] then return 0 end
${step}
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`);
}
