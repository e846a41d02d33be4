import { COMPRESSED_MAGIC } from '#celery';
import { redisScript } from './redis-script.js';

/*
 * Stores a record and tells those who wait for it, unless there is one of a SUCCESS: Celery reads before it writes, and of two
 * workers that do so at once the later wins; here it is one step.
 *
 * KEYS[1] key and channel; ARGV[1] record; ARGV[2] seconds until it expires, 0: never; ARGV[3] digest of a compressed record
 * that may be overwritten, or empty.
 * Gives 1: stored; 0: there is a SUCCESS; text: the digest of a compressed record, which Lua cannot read.
 */
export const STORE_RESULT = redisScript(`
local function status(record)
  -- Celery writes the status first: most records need no parsing, whatever their size.
  local first = string.match(record, '^%s*{%s*"status"%s*:%s*"([^"\\\\]*)"')
  if first then return first end
  local readable, meta = pcall(cjson.decode, record)
  return readable and type(meta) == 'table' and meta['status']
end

local current = redis.call('GET', KEYS[1])
if current then
  if string.sub(current, 1, ${COMPRESSED_MAGIC.length}) == '\\0celery-compressed\\0' then
    local digest = redis.sha1hex(current)
    if digest ~= ARGV[3] then return digest end
  elseif status(current) == 'SUCCESS' then
    return 0
  end
end
if ARGV[2] == '0' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SETEX', KEYS[1], ARGV[2], ARGV[1])
end
redis.call('PUBLISH', KEYS[1], ARGV[1])
return 1
`);

/* A value in hexadecimal, so that its bytes survive any client. Gives false when there is none. */
export const READ_BYTES = redisScript(`
local value = redis.call('GET', KEYS[1])
return value and (string.gsub(value, '.', function(c) return string.format('%02x', string.byte(c)) end))
`);
