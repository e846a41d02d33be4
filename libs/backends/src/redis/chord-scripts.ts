import { COMPRESSED_MAGIC } from '#celery';
import { redisScript } from './redis-script.js';

/** Stands in `.c` once the body of a chord was sent, as Celery 5.7 has it: late copies of parts count no more. */
export const DONE = 'done';

/** What a text begins with that stands for bytes, in hexadecimal. */
export const HEX = '\0hex:';

/*
 * Counts a part and says what it comes to, as one step. A part that is there is not counted again, and yet the count is compared
 * with the size: the first report may have been that of a worker that died before it sent the body.
 *
 * `.j` parts by their place (or in a list, with `result_chord_ordered` false), `.t` parts that were added to the header, `.s` size:
 * as every Celery has them. `.d` parts that were counted, `.c` who ends the chord: as Celery has them from 5.7 on. An older one
 * knows neither, so parts are looked for in `.j` as well.
 *
 * KEYS .j .t .s .d .c, group; ARGV[1] task id; [2] part; [3] '1': ordered; [4] place; [5] seconds until all of it expires, 0: never;
 * [6] claim; [7] seconds for which it holds; [8] and [9] what a part of this task begins with.
 * Gives {'pending'}, {'claimed'}, or {'complete', group or '', parts…}.
 */
export const REPORT_PART = redisScript(`
local parts, added, size, counted, ending, group = unpack(KEYS)
local task, part, place, claim = ARGV[1], ARGV[2], ARGV[4], ARGV[6]
local owner = redis.call('GET', ending)
if owner == '${DONE}' then return {'pending'} end
local kind = redis.call('TYPE', parts).ok
local ordered = kind == 'zset' or (kind == 'none' and ARGV[3] == '1')

local function known()
  if redis.call('SISMEMBER', counted, task .. ':' .. place) == 1 then return true end
  local there
  if ordered then there = redis.call('ZRANGEBYSCORE', parts, place, place)
  else there = redis.call('LRANGE', parts, 0, -1) end
  for _, one in ipairs(there) do
    for prefix = 8, 9 do
      if string.sub(one, 1, #ARGV[prefix]) == ARGV[prefix] then return true end
    end
  end
  return false
end

if not known() then
  if ordered then redis.call('ZADD', parts, place, part) else redis.call('RPUSH', parts, part) end
end
redis.call('SADD', counted, task .. ':' .. place)
if ARGV[5] ~= '0' then
  for _, key in ipairs({parts, added, size, counted, group}) do redis.call('EXPIRE', key, ARGV[5]) end
end

local count
if ordered then count = redis.call('ZCARD', parts) else count = redis.call('LLEN', parts) end
local wanted = redis.call('GET', size)
if not wanted or count ~= tonumber(wanted) + tonumber(redis.call('GET', added) or 0) then return {'pending'} end
if owner and owner ~= claim then return {'claimed'} end
redis.call('SET', ending, claim, 'EX', ARGV[7])

local function readable(text)
  if string.sub(text, 1, ${COMPRESSED_MAGIC.length}) ~= '\\0celery-compressed\\0' then return text end
  return '\\0hex:' .. string.gsub(text, '.', function(c) return string.format('%02x', string.byte(c)) end)
end

local answer = {'complete', readable(redis.call('GET', group) or '')}
local all
if ordered then all = redis.call('ZRANGE', parts, 0, -1) else all = redis.call('LRANGE', parts, 0, -1) end
for _, one in ipairs(all) do table.insert(answer, readable(one)) end
return answer
`);

/*
 * Adds a task to the header, once: `.t` counts what was added, as Celery's `add_to_chord` has it; `.a` holds what was counted here,
 * which Celery does not look at.
 *
 * KEYS .t .a .c; ARGV[1] task id; [2] seconds until all of it expires, 0: never.
 */
export const ADD_PART = redisScript(`
if redis.call('GET', KEYS[3]) == '${DONE}' then return 0 end
if redis.call('SADD', KEYS[2], ARGV[1]) == 1 then redis.call('INCR', KEYS[1]) end
if ARGV[2] ~= '0' then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  redis.call('EXPIRE', KEYS[2], ARGV[2])
end
return 1
`);

/*
 * Ends a chord, unless another has claimed to end it meanwhile. After a failure the parts stay until they expire, as in Celery:
 * without the size they complete nothing any more.
 *
 * KEYS .j .t .s .d .c .a; ARGV[1] claim; [2] '1': the body was sent; [3] seconds for which late copies are kept out.
 */
export const END_CHORD = redisScript(`
local owner = redis.call('GET', KEYS[5])
if owner and owner ~= ARGV[1] then return 0 end
if ARGV[2] == '1' then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6])
  redis.call('SET', KEYS[5], '${DONE}', 'EX', ARGV[3])
else
  redis.call('DEL', KEYS[3], KEYS[5])
end
return 1
`);
