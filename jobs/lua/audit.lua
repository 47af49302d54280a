-- The audit log: who did what, in four streams of each tenant, so that none of them can push another out.
--
--   audit:<tenant>:<stream>  stream  work (jobs, photos, what was looked at), changes (keys, exports, erasures of all),
--                                    lesser (webhooks, settings, erasures of one thing), refusals
--                                    entry = JSON, before = the hash of the entry before, hash = of all three, its id too
--   audit-head:<tenant>      hash    number, ms: of the newest entry of all; <stream>, <stream>-ms: the newest one's hash, when;
--                                    <stream>-trimmed: how many went since there were too many
--   audit-seen:<tenant>:<sha1>  string  what was noted and need not be again for a while; how often it was done
--   audit-refused:<tenant>   string  refusals noted in this hour       audit-due  zset  tenants by when to look for old ones
--
-- An entry's id is <ms>-<number>: the number counts all of the tenant's entries, so ids are unique over its streams.
local AUDIT_STREAMS = {'work', 'changes', 'lesser', 'refusals'}
local AUDIT_ONCE_MS = 3600 * 1000
local AUDIT_REFUSALS = 60 -- of one tenant in an hour
local AUDIT_AGAIN = 10 -- of the same by the same in an hour; then only with a count, at each power of ten
local AUDIT_LOOK_MS = 6 * 3600 * 1000

-- Entries past their age go, from every stream.
local function trim_audit(tenant, days)
  local oldest = string.format('%.0f-0', math.max(0, now - days * 86400 * 1000))
  for _, stream in ipairs(AUDIT_STREAMS) do redis.call('XTRIM', key('audit', tenant, stream), 'MINID', oldest) end
end

local function is_noted_already(tenant, told)
  if told.once and not redis.call('SET', key('audit-seen', tenant, redis.sha1hex(told.once)), '1', 'NX', 'PX', AUDIT_ONCE_MS)
  then return true end
  if told.stream ~= 'refusals' then return false end
  local name = key('audit-refused', tenant)
  local refused = redis.call('INCR', name)
  if refused == 1 then redis.call('PEXPIRE', name, AUDIT_ONCE_MS) end
  return refused > AUDIT_REFUSALS
end

-- The same again and again: → what to write, with how many times it was by now, or nil where nothing is
local function text_of(told)
  if not told.again then return told.text end
  local name = key('audit-seen', told.tenant, redis.sha1hex(told.again))
  local times = redis.call('INCR', name)
  if times == 1 then redis.call('PEXPIRE', name, AUDIT_ONCE_MS) end
  if times <= AUDIT_AGAIN then return told.text end
  if not string.find(times, '^10+$') then return nil end
  return string.sub(told.text, 1, -2) .. ',"count":' .. times .. '}'
end

-- Writes an entry: told is {tenant, stream, text (JSON), days, most, once, again}. → its id and hash, or nil where none is kept
local function note(told)
  if not told or told.days == 0 or is_noted_already(told.tenant, told) then return nil end
  local text = text_of(told)
  if not text then return nil end
  local tenant, head, name = told.tenant, key('audit-head', told.tenant), key('audit', told.tenant, told.stream)
  local number, ms, before = redis.call('HINCRBY', head, 'number', 1), unpack(redis.call('HMGET', head, 'ms', told.stream))
  local id = string.format('%.0f-%d', math.max(now, tonumber(ms or 0)), number)
  local hash = redis.sha1hex(table.concat({before or '', id, text}, ' '))
  local surplus = redis.call('XLEN', name) + 1 - told.most
  if surplus > 0 then redis.call('HINCRBY', head, told.stream .. '-trimmed', surplus) end
  redis.call('XADD', name, 'MAXLEN', told.most, id, 'entry', text, 'before', before or '', 'hash', hash)
  redis.call('HSET', head, 'ms', math.max(now, tonumber(ms or 0)), told.stream, hash, told.stream .. '-ms', now)
  trim_audit(tenant, told.days)
  redis.call('ZADD', key('audit-due'), 'NX', now + AUDIT_LOOK_MS, tenant)
  return id, hash
end
