-- What every script shares: its arguments, Redis' clock, the names of the keys, and the few moves that all transitions
-- are made of. Keys are built here from ids, so the record needs one Redis (with replicas, if you like), not a Cluster.
--
--   job:<id>                hash   the record
--   queue:<lane>:<tenant>   zset   ready jobs of a tenant by sequence (age); lane = <class>, or <class>@<route> of jobs that
--                                  not every worker can do (jobs/routes.py); class = interactive | bulk
--   ring:<lane>             zset   tenants with ready jobs, by the turn at which each was last served
--   depth                   hash   ready jobs per lane (of a route: while there are any)
--   depth-px                hash   the pixels of their photos, likewise (px of each record)
--   active                  hash   jobs not yet ended, per tenant
--   delayed lease deadline expiry   zsets   ids by when (ms): retry due, lease over, deadline over, retention over
--   stalled                 zset   ids of jobs that the blob store refused, by when it has done so for too long (ms)
--   jobs:<tenant> external:<tenant>:<external id> children:<tenant>:<job> review:<tenant>   zsets   ids by sequence, for
--   recent                  zset   ids of all tenants' newest jobs, likewise                             listings
--   upload:<tenant>:<sha>   hash   a stored photo               uploads  zset   "<tenant>:<sha>" by end of life
--   live, refs              hash   per upload: jobs not yet ended, records in all
--   key:<tenant>:<sha>      hash   idempotency key: body, job   claim:<token>   string   the job that it claimed
--   gone:<id>               string tombstone: its tenant        garbage  zset   blob paths by when to delete them
--   dead                    list   ids that gave up            failures zset  the last "<job> <problem>" by when
--   totals                  hash   jobs that ended since the record began, by 'state <state>' and 'problem <type>'
--   recent-ends             list   when the last jobs ended; how long each waited, ran, and took in all (ms)
--   change                  string counts the changes of all jobs
--   epoch, lost             strings the record's name, given once; when some of it was lost
--   pulse, away             strings when leases were swept last; since when they had not been, for a lease's time after
--   janitor, janitor-lease  hash, string  how far the blob store was looked through; who does so now
--   changed:<tenant>        zset   the jobs that changed last by the count at that; '' = up to where older ones are gone
--   versions                hash   '<model>=<version>' → when a worker announced it last (ms)
--   tenant:<tenant>         hash   retention_ms, uploads_ms: its own word on how long; erasure, erasing, erased_ms
--   journal-due             string something was erased by its owner, that Redis' journal still holds
local args = cjson.decode(ARGV[1])
local PREFIX = 'packshot:'
local TOMBSTONES, TOMBSTONE_MS = 7, 7 * 86400 * 1000 -- they stay for so many lives of what is gone, at most a week
local ZOMBIE_GRACE_MS = 15 * 60 * 1000 -- a stalled worker may still write blobs after its lease was lost
local ASSUMED_PX = 1000000 -- of a job whose photo nobody has seen yet, or that is about none
local FOLLOWED, FORGOTTEN = 2000, 100 -- changed jobs remembered for each tenant; how many of them are let go at once
local FOLLOWED_MS = 86400 * 1000 -- and for how long after the last new one
local KNOWN_MS = 7 * 86400 * 1000 -- a version that was announced for so long before the last that was is known no more
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function key(...) return PREFIX .. table.concat({...}, ':') end
local function job(id) return key('job', id) end
local function read(id, ...) return redis.call('HMGET', job(id), ...) end

-- Adds to a counter that disappears at zero.
local function count(name, field, step)
  if redis.call('HINCRBY', key(name), field, step) <= 0 then redis.call('HDEL', key(name), field) end
end

-- The count of changes, so many steps on. It begins anew beyond all that it was before Redis lost it.
local function change_count(step)
  local at = redis.call('INCRBY', key('change'), step)
  return at > step and at or redis.call('INCRBY', key('change'), now * 1000)
end

-- Tells who waits for the job, and who follows all of its tenant's: there it is the newest of what changed.
local function announce(id, tenant, version)
  local name, at = key('changed', tenant), change_count(1)
  if redis.call('ZADD', name, at, id) == 1 then
    local many = redis.call('ZCARD', name)
    if many == 1 then
      redis.call('ZADD', name, at - 1, '')
    elseif many > FOLLOWED then
      local last = redis.call('ZRANGE', name, FORGOTTEN, FORGOTTEN, 'WITHSCORES')[2]
      redis.call('ZREMRANGEBYRANK', name, 0, FORGOTTEN)
      redis.call('ZADD', name, last, '')
    end
    redis.call('PEXPIRE', name, FOLLOWED_MS)
  end
  redis.call('PUBLISH', key('changes'), id .. ' ' .. version .. ' ' .. tenant)
end

-- A visible change: the version (ETag) grows, and whoever waits hears of it.
local function changed(id)
  announce(id, redis.call('HGET', job(id), 'tenant'), redis.call('HINCRBY', job(id), 'version', 1))
end

-- How long the tenant lets something be kept that would be kept for `asked`: as it said itself (retention_ms of what
-- ended, uploads_ms of photos), where it did. At most that, where the request itself asked for so long: `explicit`.
local function kept_ms(tenant, field, asked, explicit)
  local own = tonumber(redis.call('HGET', key('tenant', tenant), field))
  if not own then return tonumber(asked) end
  return explicit and math.min(tonumber(asked), own) or own
end

-- All of the tenant's is being erased: nothing new is taken of it.
local function is_being_erased(tenant) return redis.call('HEXISTS', key('tenant', tenant), 'erasing') == 1 end

-- The erasure is still this caller's, who has the token of the last claim; nobody's once it has ended or is given back.
local function holds_erasure(id, token) return redis.call('HGET', key('erasure', id), 'token') == token end

local function problem(slug, detail) return cjson.encode({type = slug, detail = detail}) end

-- Marks a blob path, or a prefix ending in '/', for deletion; it stays marked until the reaper reports it deleted.
local function discard(path, delay_ms) redis.call('ZADD', key('garbage'), now + delay_ms, path) end

-- Every field of a hash with its value.
local function pairs_of(name)
  local found, at = redis.call('HGETALL', name), -1
  return function()
    at = at + 2
    return found[at], found[at + 1]
  end
end

-- The names of a job's uploads: its record lists their SHA-256, separated by spaces, each once.
local function names(tenant, uploads)
  local next_sha = string.gmatch(uploads, '%x+')
  return function()
    local sha = next_sha()
    return sha and tenant .. ':' .. sha
  end
end

-- The pixels of the largest of a job's uploads, which is its photo; masks have as many, and nothing else has more.
local function pixels_of(tenant, uploads)
  local most = 0
  for name in names(tenant, uploads) do
    local told = redis.call('HGET', key('upload', name), 'record')
    local known = told and cjson.decode(told) or {}
    most = math.max(most, (known.width or 0) * (known.height or 0))
  end
  return most > 0 and most or ASSUMED_PX
end

-- Remembers for a while whose it was, so that it is told from what never was.
local function bury(name, tenant, life_ms)
  local stays_ms = math.min(TOMBSTONE_MS, TOMBSTONES * (tonumber(life_ms) or TOMBSTONE_MS))
  redis.call('SET', key('gone', name), tenant, 'PX', stays_ms)
end

local function discard_attempt(id, tenant, token)
  discard('results/' .. tenant .. '/' .. id .. '/' .. token .. '/', ZOMBIE_GRACE_MS)
end

-- The class of a lane, and its route's name after an '@'; '' of what any worker does.
local function parts_of_lane(lane) return string.match(lane, '^([^@]+)(.*)$') end
local function is_routed(lane) return string.find(lane, '@', 1, true) ~= nil end

-- Whether a worker that can do this ('gpu cutout=2 …') serves a route ('gpu+cutout=2'): it needs all of that.
local function serves(can, route)
  for need in string.gmatch(route, '[^+]+') do
    if not string.find(' ' .. can .. ' ', ' ' .. need .. ' ', 1, true) then return false end
  end
  return true
end

-- The versions of models that workers announce, or did not long before the last worker did, and those that the operator
-- wishes for: '<model>=<version>' → true. nil where no worker ever said any: nobody can tell.
local function versions_known()
  local newest, heard, known = 0, {}, {}
  for word, at in pairs_of(key('versions')) do
    heard[word], newest = tonumber(at), math.max(newest, tonumber(at))
  end
  if newest == 0 then return nil end
  for word, at in pairs(heard) do known[word] = at > newest - KNOWN_MS or nil end
  for field, value in pairs_of(key('models')) do
    local model = string.match(field, '^use:(.+)$') or string.match(field, '^share:(.+)$')
    if model then known[model .. '=' .. string.match(value, '^%S*')] = true end
  end
  return known
end

-- The first version that a route needs and that is not among the known ones, as its word; or nil.
local function unknown_version(route, known)
  for need in string.gmatch(known and route or '', '[^+]+') do
    if string.find(need, '=', 1, true) and not known[need] then return need end
  end
end

-- → whether there is a record
local function enqueue(id)
  local tenant, lane, sequence, px = unpack(read(id, 'tenant', 'lane', 'sequence', 'px'))
  if not tenant then return false end
  local added = redis.call('ZADD', key('queue', lane, tenant), sequence, id)
  redis.call('HINCRBY', key('depth'), lane, added)
  if px and added == 1 then redis.call('HINCRBY', key('depth-px'), lane, px) end
  if not redis.call('ZSCORE', key('ring', lane), tenant) then
    redis.call('ZADD', key('ring', lane), redis.call('INCR', key('turn')), tenant)
  end
  return true
end

local function dequeue(id)
  local tenant, lane, px = unpack(read(id, 'tenant', 'lane', 'px'))
  local queue = key('queue', lane, tenant)
  if redis.call('ZREM', queue, id) == 0 then return end
  local left = redis.call('HINCRBY', key('depth'), lane, -1)
  if left <= 0 and is_routed(lane) then redis.call('HDEL', key('depth'), lane) end
  if left <= 0 then
    redis.call('HDEL', key('depth-px'), lane)
  elseif px then
    redis.call('HINCRBY', key('depth-px'), lane, -px)
  end
  if redis.call('EXISTS', queue) == 0 then redis.call('ZREM', key('ring', lane), tenant) end
end

-- Back to the queue at its old age; with a delay, once that has passed.
local function requeue(id, delay_ms)
  local tenant, token = unpack(read(id, 'tenant', 'token'))
  redis.call('ZREM', key('lease'), id)
  redis.call('HDEL', job(id), 'token', 'owner', 'fraction', 'stage', 'step')
  redis.call('HSET', job(id), 'state', 'queued', 'queued_ms', now)
  if token then discard_attempt(id, tenant, token) end
  if delay_ms > 0 then redis.call('ZADD', key('delayed'), now + delay_ms, id) else enqueue(id) end
  changed(id)
end

-- Removes an upload that no record refers to any more, and marks its blob. → its path, or nil
local function forget_upload(name)
  local path = redis.call('HGET', key('upload', name), 'path')
  if not path or redis.call('HEXISTS', key('refs'), name) == 1 then return nil end
  redis.call('DEL', key('upload', name))
  redis.call('ZREM', key('uploads'), name)
  return path
end

-- The job no longer stands for its work: it ended badly, or is gone.
local function forget_work(tenant, work, id)
  if work and redis.call('GET', key('work', tenant, work)) == id then redis.call('DEL', key('work', tenant, work)) end
end

-- A message about what is gone keeps no more of it than that it ended; one still to be sent may tell all, unless its
-- owner erased the thing. told: the messages' ids
local function strip_messages(told, pending_too)
  for msg in string.gmatch(told or '', '%S+') do
    local name = key('delivery', msg)
    local about, state = unpack(redis.call('HMGET', name, 'about', 'state'))
    if about and (pending_too or state ~= 'pending') then
      local known, kept = cjson.decode(about), {}
      for _, field in ipairs({'state', 'filled', 'succeeded', 'failed', 'canceled', 'created_ms', 'finished_ms'}) do
        kept[field] = known[field]
      end
      redis.call('HSET', name, 'about', cjson.encode(kept))
    end
  end
end

-- The operator's list of failures forgets the job.
local function forget_failure(id, why)
  if why then redis.call('ZREM', key('failures'), id .. ' ' .. cjson.decode(why).type) end
end

-- Removes a job that has ended. Its uploads too, if asked for and no other record refers to them.
local function erase(id, with_uploads)
  local tenant, external, parent, uploads, held, dead, work, why, retention, told = unpack(read(id, 'tenant',
    'external_id', 'parent', 'uploads', 'key', 'dead', 'work', 'problem', 'retention_ms', 'told'))
  redis.call('DEL', job(id), key('stays', id))
  forget_work(tenant, work, id)
  forget_failure(id, why)
  redis.call('ZREM', key('expiry'), id)
  for _, list in ipairs({key('jobs', tenant), key('recent'), key('review', tenant)}) do redis.call('ZREM', list, id) end
  if parent then redis.call('ZREM', key('children', tenant, parent), id) end
  if external then redis.call('ZREM', key('external', tenant, external), id) end
  if held and redis.call('HGET', held, 'job') == id then redis.call('DEL', held) end
  if dead then redis.call('LREM', key('dead'), 1, id) end
  strip_messages(told, with_uploads)
  if with_uploads then redis.call('SETNX', key('journal-due'), now) end
  bury(id, tenant, retention)
  announce(id, tenant, 0)
  local garbage = {'results/' .. tenant .. '/' .. id .. '/'}
  for name in names(tenant, uploads) do
    count('refs', name, -1)
    garbage[#garbage + 1] = with_uploads and forget_upload(name) or nil
  end
  for _, blob in ipairs(garbage) do discard(blob, 0) end
  return garbage
end

local function past(deadline) return deadline and tonumber(deadline) <= now end
