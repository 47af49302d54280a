-- Who is told of what happened. A message is written by the script that makes it true, once for each endpoint: its id
-- follows from the event and the endpoint, so nothing that is repeated can make a second one. Runs before batches.lua.
--
--   webhook:<id>              hash   an endpoint: tenant, url, events, state, secret…; origin = api | job
--   webhooks:<tenant>         zset   ids by sequence
--   webhook-urls:<tenant>     hash   SHA-1 of a url → the endpoint that jobs' own webhooks to it are sent to
--   delivery:<msg>            hash   one message to one endpoint, gone after LOG_MS
--   deliveries:<endpoint>     zset   its messages by sequence     ended:<endpoint>   zset   those no longer pending
--   webhook-due:<endpoint>    zset   pending ones by when to try  webhook-leased:<endpoint>   zset   those under way, by
--   webhook-leased-of:<tenant>  zset   the same for all its endpoints                                 end of lease (ms)
--   webhook-due-of:<tenant>   zset   pending ones of all its endpoints by sequence
--   webhooks-due              zset   endpoints by when to look at them
local LOG_MS = 7 * 86400 * 1000
local LOGGED = 1000 -- messages that an endpoint's log keeps once they are no longer pending
local MAX_WAITING = 20000 -- pending messages of one tenant; with the next one the oldest of them all is given up
local MAX_ENDPOINTS = 50
local PER_ENDPOINT, PER_TENANT = 3, 6 -- messages under way at once; one alone where the endpoint fails

local function endpoint(id) return key('webhook', id) end
local function read_endpoint(id, ...) return redis.call('HMGET', endpoint(id), ...) end
local function message(id) return key('delivery', id) end

-- Whether one of these filters, which may end in '*', lets the event through.
local function matches(filters, event)
  for _, filter in ipairs(filters) do
    local beginning = string.match(filter, '^(.*)%*$')
    if filter == event or beginning and string.sub(event, 1, #beginning) == beginning then return true end
  end
  return false
end

local function has_room(id)
  local under_way = redis.call('ZCARD', key('webhook-leased', id))
  return under_way < (redis.call('HEXISTS', endpoint(id), 'failing_since_ms') == 1 and 1 or PER_ENDPOINT)
end

-- Notes when to look at an endpoint next: when a message of it is due, or a lease lapses; not before a given time.
local function look_again(id, not_before)
  local at = redis.call('ZRANGE', key('webhook-leased', id), 0, 0, 'WITHSCORES')[2] or math.huge
  local due = has_room(id) and redis.call('ZRANGE', key('webhook-due', id), 0, 0, 'WITHSCORES')[2] or math.huge
  at = math.min(tonumber(at), tonumber(due))
  if at == math.huge then
    redis.call('ZREM', key('webhooks-due'), id)
  else
    redis.call('ZADD', key('webhooks-due'), math.max(at, not_before or 0), id)
  end
end

-- The message waits for its turn no more.
local function make_undue(msg, id)
  redis.call('ZREM', key('webhook-due', id), msg)
  redis.call('ZREM', key('webhook-due-of', read_endpoint(id, 'tenant')[1]), msg)
end

-- The log forgets what is too much, and what has gone with its time.
local function trim_log(id)
  local ended, log = key('ended', id), key('deliveries', id)
  while redis.call('ZCARD', ended) > LOGGED do
    local oldest = redis.call('ZPOPMIN', ended)[1]
    redis.call('ZREM', log, oldest)
    redis.call('DEL', message(oldest))
  end
  for _, oldest in ipairs(redis.call('ZRANGE', log, 0, 1)) do
    if redis.call('EXISTS', message(oldest)) == 0 then
      for _, name in ipairs({'ended', 'deliveries'}) do redis.call('ZREM', key(name, id), oldest) end
      make_undue(oldest, id)
    end
  end
end

-- A message is no longer pending: it is delivered, failed or canceled.
local function close_message(msg, id, state)
  redis.call('HSET', message(msg), 'state', state)
  redis.call('HDEL', message(msg), 'next_ms')
  for _, subject in ipairs({'job', 'batch'}) do
    local of = redis.call('HGET', message(msg), subject)
    if of and redis.call('EXISTS', key(subject, of)) == 0 then strip_messages(msg, true) end
  end
  make_undue(msg, id)
  redis.call('ZADD', key('ended', id), redis.call('HGET', message(msg), 'sequence'), msg)
  trim_log(id)
end

local function make_due(msg, id, at)
  redis.call('HSET', message(msg), 'state', 'pending', 'next_ms', at)
  redis.call('ZADD', key('webhook-due', id), at, msg)
  local tenant, sequence = unpack(redis.call('HMGET', message(msg), 'tenant', 'sequence'))
  redis.call('ZADD', key('webhook-due-of', tenant), sequence, msg)
end

local function note_attempt(msg, attempt)
  local attempts = cjson.decode(redis.call('HGET', message(msg), 'attempts'))
  attempts[#attempts + 1] = attempt
  if #attempts > 20 then table.remove(attempts, 1) end
  redis.call('HSET', message(msg), 'attempts', cjson.encode(attempts))
end

-- So many messages of the tenant wait that the next one takes the place of the oldest, to whichever endpoint that goes.
local function give_up_oldest(tenant)
  local oldest = redis.call('ZPOPMIN', key('webhook-due-of', tenant))[1]
  local id = redis.call('HGET', message(oldest), 'endpoint')
  if not id or redis.call('EXISTS', endpoint(id)) == 0 then return end -- it went with its time, or its endpoint
  note_attempt(oldest, {at = now, error = 'given up: ' .. MAX_WAITING .. ' messages to your endpoints were waiting'})
  close_message(oldest, id, 'failed')
end

-- What a message tells of knows it, so that it can take back what was told when it is erased itself.
local function note_message(name, msg)
  redis.call('HSET', name, 'told', (redis.call('HGET', name, 'told') or '') .. ' ' .. msg)
end

-- A message to an endpoint, under a given id. fact: job or batch, about (JSON), base_url
local function write_message(msg, id, event, fact)
  local tenant, base_url = unpack(read_endpoint(id, 'tenant', 'base_url'))
  local sequence = redis.call('INCR', key('sequence'))
  redis.call('HSET', message(msg), 'id', msg, 'endpoint', id, 'tenant', tenant, 'type', event, 'created_ms', now,
    'sequence', sequence, 'tries', 0, 'attempts', '[]', 'about', fact.about or '{}',
    'base_url', (fact.base_url or '') == '' and base_url or fact.base_url)
  for _, subject in ipairs({'job', 'batch'}) do
    if fact[subject] then
      redis.call('HSET', message(msg), subject, fact[subject])
      note_message(key(subject, fact[subject]), msg)
    end
  end
  redis.call('PEXPIRE', message(msg), LOG_MS)
  redis.call('ZADD', key('deliveries', id), sequence, msg)
  if redis.call('ZCARD', key('webhook-due-of', tenant)) >= MAX_WAITING then give_up_oldest(tenant) end
  make_due(msg, id, now)
  trim_log(id)
  look_again(id)
end

-- Tells one endpoint of an event, once; a disabled one hears nothing. fact.subject names the event apart from others
local function tell(id, event, fact)
  local msg = 'msg_' .. string.sub(redis.sha1hex(id .. ' ' .. event .. ' ' .. fact.subject), 1, 26)
  if redis.call('HGET', endpoint(id), 'state') ~= 'enabled' or redis.call('EXISTS', message(msg)) == 1 then return end
  write_message(msg, id, event, fact)
end

-- Tells those that were named for it ({endpoint, events} each), and the tenant's endpoints that listen to such events.
local function tell_all(tenant, event, named, fact)
  for _, bond in ipairs(named) do
    if matches(bond.events, event) then tell(bond.endpoint, event, fact) end
  end
  for _, id in ipairs(redis.call('ZRANGE', key('webhooks', tenant), 0, -1)) do
    local origin, events = unpack(read_endpoint(id, 'origin', 'events'))
    if origin == 'api' and matches(cjson.decode(events), event) then tell(id, event, fact) end
  end
end

local function fact_of_job(id)
  local told = {}
  local fields = {'state', 'external_id', 'created_ms', 'finished_ms', 'problem'}
  for at, value in ipairs(read(id, unpack(fields))) do told[fields[at]] = value or nil end
  local requeued = redis.call('HGET', job(id), 'requeued') -- its end after that is another event
  local subject = requeued and id .. ' ' .. requeued or id
  return {subject = subject, job = id, about = cjson.encode(told), base_url = redis.call('HGET', job(id), 'base_url') or nil}
end

local function webhook_of(name)
  local told = redis.call('HGET', name, 'webhook')
  return told and cjson.decode(told)
end

-- A job has ended: its own webhook hears of it, those of the batches that wait for it, and whoever listens.
local function tell_of_job(id, tenant, state)
  local named = {webhook_of(job(id)) or nil}
  for _, bond in ipairs(redis.call('SMEMBERS', key('links', id))) do
    named[#named + 1] = webhook_of(key('batch', string.match(bond, '^%S+'))) or nil
  end
  if #named == 0 and redis.call('EXISTS', key('webhooks', tenant)) == 0 then return end
  tell_all(tenant, 'job.' .. state, named, fact_of_job(id))
end

-- A batch was bound to a job that had succeeded before: its webhook hears of it now.
local function tell_of_found_job(batch_id, job_id)
  local bond = webhook_of(key('batch', batch_id))
  if bond and matches(bond.events, 'job.succeeded') then tell(bond.endpoint, 'job.succeeded', fact_of_job(job_id)) end
end

-- A batch has ended, whatever its end. After a retry it may do so again, and that is another event.
local function tell_of_batch(id)
  local name = key('batch', id)
  local tenant, state, about, terms = unpack(redis.call('HMGET', name, 'tenant', 'state', 'about', 'terms'))
  local fact = {batch = id, base_url = cjson.decode(terms).base_url}
  fact.subject = id .. ' ' .. redis.call('HINCRBY', name, 'ended_times', 1)
  local told = {state = state, name = cjson.decode(about).name}
  for _, field in ipairs({'filled', 'succeeded', 'failed', 'canceled', 'created_ms', 'finished_ms'}) do
    told[field] = redis.call('HGET', name, field) or '0'
  end
  fact.about = cjson.encode(told)
  tell_all(tenant, 'batch.finished', {webhook_of(name) or nil}, fact)
end

-- A new endpoint of a tenant. → its id, or nil where there are as many as allowed
local function add_endpoint(tenant, new, origin)
  if redis.call('ZCARD', key('webhooks', tenant)) >= MAX_ENDPOINTS then return nil end
  local sequence = redis.call('INCR', key('sequence'))
  redis.call('HSET', endpoint(new.id), 'id', new.id, 'tenant', tenant, 'url', new.url, 'origin', origin,
    'events', new.events, 'description', new.description or '', 'state', 'enabled', 'secret', new.secret,
    'base_url', new.base_url or '', 'created_ms', now, 'sequence', sequence)
  redis.call('ZADD', key('webhooks', tenant), sequence, new.id)
  redis.call('HSETNX', key('webhook-urls', tenant), redis.sha1hex(new.url), new.id)
  return new.id
end

-- The endpoint of a job's own webhook, made with the first to its url. → false where there is room for no other
local function has_endpoint(tenant, wish)
  return redis.call('HEXISTS', key('webhook-urls', tenant), redis.sha1hex(wish.url)) == 1 or
    redis.call('ZCARD', key('webhooks', tenant)) < MAX_ENDPOINTS
end

-- What a job's or batch's record says of its webhook, as JSON; nil of one that has none. After has_endpoint.
local function bind(tenant, wish)
  if not wish then return nil end
  local known = redis.call('HGET', key('webhook-urls', tenant), redis.sha1hex(wish.url))
  return cjson.encode({endpoint = known or add_endpoint(tenant, wish, 'job'), events = cjson.decode(wish.events)})
end

-- The url leads to this endpoint no more, but to another that has it, if there is one.
local function forget_url(tenant, url, id)
  local name, sha = key('webhook-urls', tenant), redis.sha1hex(url)
  if redis.call('HGET', name, sha) ~= id then return end
  redis.call('HDEL', name, sha)
  for _, other in ipairs(redis.call('ZRANGE', key('webhooks', tenant), 0, -1)) do
    if other ~= id and redis.call('HGET', endpoint(other), 'url') == url then redis.call('HSETNX', name, sha, other) end
  end
end
