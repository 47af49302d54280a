-- Jobs as they are made, and the batches whose items they do. Runs after the prelude, before ending.lua.
--
--   batch:<id>              hash   the record: state, terms, how many items ended in which way
--   batch:<id>:items        hash   row → what is asked, as JSON; never changes
--   batch:<id>:waiting      list   rows without a job yet
--   batch:<id>:active       hash   row → its job, queued or running
--   batch:<id>:ends         hash   row → s, f, c or x, and the job if there was one; x was never valid
--   batch:<id>:problems     hash   row → why it ended so, where neither its job nor the item itself says it
--   batch:<id>:failed       set    rows that a retry takes
--   batch:<id>:left         hash   items that have not ended, per signature
--   links:<job>             set    "<batch> <row>": the items that end with the job
--   stays:<job>             set    the batches as long as one of which the job lives
--   work:<tenant>:<hash>    string the job that does this work, or did
--   times                   hash   signature → mean run time (ms), how often measured, when last; '*' = of all
--   batches:<tenant>        zset   ids by sequence           batches      hash  batches not yet ended, per tenant
--   open-batches            zset   ids by when last fed      batch-expiry zset  ids by end of life
--   batch-key:<tenant>:<sha> hash  idempotency key: body, batch    erasing  set  ids whose items are being let go
--   answered:<id>           string why a batch was not taken, for the same call again
--
-- A job's record says besides: work, signature; batch, for which it was made; holders, how many items refer to it;
-- output_count, needs_review.
local RECENT = 10000 -- jobs of all tenants that the operator's listing goes through
local ROUTES, OWN_ROUTES = 64, 8 -- lanes with jobs that not every worker can do: of all tenants, of one
local IDLE_ROUTES = 32 -- beyond so many of all, only of routes that a living worker serves: those empty themselves
local LIVENESS_MS = 30000 -- as jobs/presence.py has it
local PINNED_MS = 7 * 86400 * 1000 -- how long a job waits for a version of a model, if it does not say itself
local PASSED = 25 -- items of a batch that one script passes over as their needs have no room
local FEED_STEPS = 100 -- items that one script starts, of all batches: meanwhile Redis serves nobody else
local DIGITS = '0123456789abcdefghijklmnopqrstuv'
local LETTERS = {succeeded = 's', failed = 'f', expired = 'f', canceled = 'c'}
local ENDS = {s = 'succeeded', f = 'failed', c = 'canceled', x = 'failed'}

local function batch(id) return key('batch', id) end
local function part(id, name) return key('batch', id, name) end
local function read_batch(id, ...) return redis.call('HMGET', batch(id), ...) end

local function changed_batch(id)
  redis.call('PUBLISH', key('changes'), id .. ' ' .. redis.call('HINCRBY', batch(id), 'version', 1))
end

local function hold_uploads(tenant, uploads)
  for name in names(tenant, uploads) do
    count('live', name, 1)
    count('refs', name, 1)
  end
end

-- An item that waited needs its uploads no more: its job holds them, or nobody does.
local function release_uploads(tenant, uploads)
  for name in names(tenant, uploads) do
    count('live', name, -1)
    count('refs', name, -1)
  end
end

-- The first of these uploads that is not there, or nil.
local function missing_upload(tenant, uploads)
  for name in names(tenant, uploads) do
    if redis.call('EXISTS', key('upload', name)) == 0 then return string.sub(name, #tenant + 2) end
  end
end

-- Why no further job of the tenant is taken: 'quota', 'full', or nil.
local function refusal(tenant, terms)
  if tonumber(redis.call('HGET', key('active'), tenant) or 0) >= terms.max_active then return 'quota' end
  local waiting = redis.call('ZCARD', key('delayed'))
  for _, many in ipairs(redis.call('HVALS', key('depth'))) do waiting = waiting + many end
  if waiting >= terms.max_pending then return 'full' end
end

local function is_pinned(lane) return string.find(lane, '=', 1, true) ~= nil end

local function is_served(lane)
  local _, route = parts_of_lane(lane)
  for _, owner in ipairs(redis.call('ZRANGEBYSCORE', key('workers'), now - LIVENESS_MS, '+inf')) do
    if serves(redis.call('HGET', key('worker', owner), 'can') or '', string.sub(route, 2)) then return true end
  end
  return false
end

-- Why a job of a route would be one route more than may have jobs at once (a claim looks at each): 'own <most>' or
-- 'all <most>'; or nil. Those that need a device alone are few, and always have room.
local function routes_full(tenant, lane)
  if not is_routed(lane) or redis.call('EXISTS', key('queue', lane, tenant)) == 1 then return nil end
  local own, all, is_open = 0, 0, false
  for known, many in pairs_of(key('depth')) do
    if is_routed(known) and tonumber(many) > 0 then
      all = all + (is_pinned(known) and 1 or 0)
      own = own + redis.call('EXISTS', key('queue', known, tenant))
      is_open = is_open or known == lane
    end
  end
  if own >= OWN_ROUTES then return 'own ' .. OWN_ROUTES end
  if is_open or not is_pinned(lane) or all < IDLE_ROUTES then return nil end
  if all >= ROUTES then return 'all ' .. ROUTES end
  return not is_served(lane) and 'all ' .. IDLE_ROUTES or nil
end

-- Of a lane's jobs that need a version which no worker has announced: its word, and that in a sentence; or nil.
local function missing_version(lane)
  if not is_pinned(lane) then return nil end
  local _, route = parts_of_lane(lane)
  local known = versions_known()
  local need = unknown_version(string.sub(route, 2), known)
  if not need then return nil end
  local model, version = string.match(need, '^([^=]+)=(.+)$')
  local others = {}
  for word in pairs(known) do
    if string.sub(word, 1, #model + 1) == model .. '=' then others[#others + 1] = string.sub(word, #model + 2) end
  end
  table.sort(others)
  local has = #others > 0 and 'workers have ' .. table.concat(others, ', ') or 'no worker has that model'
  return need, 'no worker has announced version ' .. version .. ' of the model ' .. model .. '; ' .. has
end

-- Whether the job that an order names as its parent is the tenant's, and has the output that is named.
local function has_parent(order)
  local tenant, deleted, outputs = unpack(read(order.parent, 'tenant', 'deleted', 'output_count'))
  if tenant ~= order.tenant or deleted then return false end
  return not order.parent_output or order.parent_output < tonumber(outputs or 0)
end

-- Why a job is not taken: one of the refusals, 'erasing', 'no-upload', 'no-parent', 'no-endpoint', 'no-version', 'routes'
-- or what over_quota says, with what there is to say of it; or nil.
local function objection(order)
  if is_being_erased(order.tenant) then return 'erasing', '' end
  local missing = missing_upload(order.tenant, order.uploads)
  if missing then return 'no-upload', missing end
  if order.parent and not has_parent(order) then return 'no-parent', '' end
  local why = refusal(order.tenant, order)
  if why then return why, '' end
  local version, told = missing_version(order.lane)
  if version then return 'no-version', version .. ' ' .. told end
  local full = routes_full(order.tenant, order.lane)
  if full then return 'routes', full end
  local no_more, left = over_quota(order, 1)
  if no_more then return no_more, left end
  if order.webhook and not has_endpoint(order.tenant, cjson.decode(order.webhook)) then return 'no-endpoint', '' end
end

-- The places where listings find a job, each by its sequence.
local function list_job(order, sequence)
  local id, tenant = order.id, order.tenant
  redis.call('ZADD', key('jobs', tenant), sequence, id)
  redis.call('ZADD', key('recent'), sequence, id)
  redis.call('ZREMRANGEBYRANK', key('recent'), 0, -RECENT - 1)
  if order.external_id then
    redis.call('HSET', job(id), 'external_id', order.external_id)
    redis.call('ZADD', key('external', tenant, order.external_id), sequence, id)
  end
  if order.parent then
    redis.call('HSET', job(id), 'parent', order.parent)
    redis.call('ZADD', key('children', tenant, order.parent), sequence, id)
  end
end

-- A new job: its record, its place in the lists and in the queue. The caller has seen that there is room for it.
local function create(order)
  local id, tenant = order.id, order.tenant
  local sequence = redis.call('INCR', key('sequence'))
  redis.call('HSET', job(id), 'id', id, 'tenant', tenant, 'spec', order.spec, 'lane', order.lane,
    'uploads', order.uploads, 'state', 'queued', 'version', 1, 'attempt', 0, 'max_attempts', order.max_attempts,
    'sequence', sequence, 'retention_ms', kept_ms(tenant, 'retention_ms', order.retention_ms, order.asked_life),
    'created_ms', now, 'work', order.work, 'signature', order.signature, 'px', pixels_of(tenant, order.uploads))
  if order.needs then redis.call('HSET', job(id), 'needs', order.needs) end
  list_job(order, sequence)
  count('active', tenant, 1)
  hold_uploads(tenant, order.uploads)
  local needed_until = now + kept_ms(tenant, 'uploads_ms', order.key_life_ms)
  for name in names(tenant, order.uploads) do redis.call('ZADD', key('uploads'), 'GT', needed_until, name) end
  if order.deadline_ms then
    redis.call('HSET', job(id), 'deadline_ms', now + order.deadline_ms)
    redis.call('ZADD', key('deadline'), now + order.deadline_ms, id)
  else -- what may expire is no answer to others before it has succeeded
    redis.call('SETNX', key('work', tenant, order.work), id)
    if is_pinned(order.lane) then -- such a version may never come again
      redis.call('HSET', job(id), 'deadline_ms', now + PINNED_MS)
      redis.call('ZADD', key('deadline'), now + PINNED_MS, id)
    end
  end
  enqueue(id)
  announce(id, tenant, 1)
end

-- By which request a job came: where that reached the API, its id, and the trace that it is part of.
local function note_arrival(id, told)
  local fields = {'base_url', told.base_url or ''}
  for name, value in pairs({request = told.request, trace = told.trace}) do
    fields[#fields + 1], fields[#fields + 2] = name, value
  end
  redis.call('HSET', job(id), unpack(fields))
end

-- As tokens.new_job_id: 48 bits of milliseconds, then what nobody can guess who does not know the batch's own id.
local function new_job_id(seed)
  local time, left = '', now * 4
  for _ = 1, 10 do
    local digit = left % 32
    time = string.sub(DIGITS, digit + 1, digit + 1) .. time
    left = math.floor(left / 32)
  end
  return 'job_' .. time .. string.sub(redis.sha1hex(seed), 1, 16)
end

-- Ends one item. The counts, the rows to retry and what is left follow; its batch is told by the caller. The signature is
-- the item's own where its job's record, and with it the job's, is lost.
local function end_item(id, row, letter, job_id, signature)
  signature = signature or cjson.decode(redis.call('HGET', part(id, 'items'), row)).signature
  redis.call('HDEL', part(id, 'active'), row)
  redis.call('HSET', part(id, 'ends'), row, letter .. job_id)
  redis.call('HINCRBY', batch(id), ENDS[letter], 1)
  if redis.call('HINCRBY', part(id, 'left'), signature, -1) <= 0 then redis.call('HDEL', part(id, 'left'), signature) end
  if letter == 'f' then redis.call('SADD', part(id, 'failed'), row) end
  local expires, outputs = unpack(read(job_id, 'expires_ms', 'output_count'))
  local keep, most = unpack(read_batch(id, 'keep_ms', 'most_outputs'))
  if expires and tonumber(expires) > tonumber(keep or 0) then redis.call('HSET', batch(id), 'keep_ms', expires) end
  if outputs and tonumber(outputs) > tonumber(most or 0) then redis.call('HSET', batch(id), 'most_outputs', outputs) end
end

-- A batch of which nothing is left to do ends. → whether it did
local function close_if_done(id)
  if redis.call('LLEN', part(id, 'waiting')) > 0 or redis.call('HLEN', part(id, 'active')) > 0 then return false end
  local state, tenant, terms, keep = unpack(read_batch(id, 'state', 'tenant', 'terms', 'keep_ms'))
  if state ~= 'running' and state ~= 'paused' and state ~= 'canceling' then return false end
  local life = kept_ms(tenant, 'retention_ms', cjson.decode(terms).life_ms)
  local expires = math.max(now + life, tonumber(keep or 0))
  redis.call('HSET', batch(id), 'state', state == 'canceling' and 'canceled' or 'finished', 'finished_ms', now,
    'expires_ms', expires)
  redis.call('ZREM', key('open-batches'), id)
  redis.call('ZADD', key('batch-expiry'), expires, id)
  count('batches', tenant, -1)
  tell_of_batch(id)
  return true
end

-- The job, and its state, that may stand for an item's own: the same work, neither failed nor about to be stopped.
-- What a URL led to before the batch began may be another photo by now, and other versions of the models make another
-- picture of it.
local function same_work(id_of_batch, tenant, item)
  local id = redis.call('GET', key('work', tenant, item.work))
  if not id then return nil end
  local state, cancel, deleted, created, started =
    unpack(read(id, 'state', 'cancel', 'deleted', 'created_ms', 'started_ms'))
  local began = item.by_url and redis.call('HGET', batch(id_of_batch), 'created_ms')
  local too_old = began and state and tonumber(created) < tonumber(began)
  local changed = redis.call('HGET', key('models'), 'changed_ms')
  if changed and started and tonumber(started) < tonumber(changed) then too_old = true end
  if state == 'succeeded' and not too_old then return id, state end
  if state and not cancel and not deleted and not too_old then
    if not item.deadline_ms then return id, state end
  else -- the next job of this work takes its place
    redis.call('DEL', key('work', tenant, item.work))
  end
end

-- Binds an item to the job that does its work; one that is done already ends it, and lives on for it.
local function link(id, row, item, job_id, state)
  redis.call('HINCRBY', job(job_id), 'holders', 1)
  if item.stays then redis.call('SADD', key('stays', job_id), id) end
  if state ~= 'succeeded' then
    redis.call('HSET', part(id, 'active'), row, job_id)
    redis.call('SADD', key('links', job_id), id .. ' ' .. row)
    return
  end
  local tenant = redis.call('HGET', job(job_id), 'tenant')
  local until_ms = now + kept_ms(tenant, 'retention_ms', item.retention_ms, item.asked_life)
  if until_ms > tonumber(redis.call('HGET', job(job_id), 'expires_ms')) then
    redis.call('HSET', job(job_id), 'expires_ms', until_ms)
    redis.call('ZADD', key('expiry'), until_ms, job_id)
    changed(job_id)
  end
  end_item(id, row, 's', job_id, item.signature)
  tell_of_found_job(id, job_id)
end

local function create_for(id, tenant, row, item, terms)
  item.id, item.tenant = new_job_id(id .. ' ' .. row .. ' ' .. redis.call('INCR', key('sequence'))), tenant
  item.key_life_ms, item.max_attempts = terms.life_ms, terms.max_attempts
  create(item)
  redis.call('HSET', job(item.id), 'batch', id)
  note_arrival(item.id, terms)
  local bond = redis.call('HGET', batch(id), 'webhook') -- it hears of the job also when the batch has let go of it
  if bond then redis.call('HSET', job(item.id), 'webhook', bond) end
  return item.id
end

local function refuse_item(id, row, item, slug, why)
  redis.call('HSET', part(id, 'problems'), row, problem(slug, why))
  end_item(id, row, 'f', '', item.signature)
end

-- Gives a waiting item its job. → 'started'; 'full' when there is no room for any now, 'later' for one of its needs
local function start_item(id, tenant, row, terms)
  local item = cjson.decode(redis.call('HGET', part(id, 'items'), row))
  local job_id, state = same_work(id, tenant, item)
  if not job_id then
    if refusal(tenant, terms) then return 'full' end
    local missing = missing_upload(tenant, item.uploads)
    local version, told = missing_version(item.lane)
    if missing then
      local why = 'there is no upload sha256:' .. missing .. ' any more; upload it again, then retry'
      refuse_item(id, row, item, 'invalid-parameter', why)
    elseif version then
      refuse_item(id, row, item, 'unknown-model', told)
    elseif routes_full(tenant, item.lane) then
      return 'later'
    else
      job_id, state = create_for(id, tenant, row, item, terms), 'queued'
    end
  end
  if job_id then link(id, row, item, job_id, state) end
  release_uploads(tenant, item.uploads)
  return 'started'
end

-- Starts up to so many waiting items while there is room; those whose needs have none go behind the others.
-- → how many, and whether more could be started at once
local function feed(id, steps)
  local tenant, state, terms = unpack(read_batch(id, 'tenant', 'state', 'terms'))
  local started, passed, more = 0, 0, false
  if state == 'running' then
    terms = cjson.decode(terms)
    local most = redis.call('LLEN', part(id, 'waiting'))
    while started + passed < most and redis.call('HLEN', part(id, 'active')) < terms.window do
      more = started == steps
      if more or passed == PASSED then break end
      local row = redis.call('LINDEX', part(id, 'waiting'), 0)
      local how = start_item(id, tenant, row, terms)
      if how == 'full' then break end
      redis.call('LPOP', part(id, 'waiting'))
      if how == 'later' then
        redis.call('RPUSH', part(id, 'waiting'), row)
        passed = passed + 1
      else
        started = started + 1
      end
    end
  end
  if close_if_done(id) or started > 0 then changed_batch(id) end
  return started, more
end

-- A job that was made for another batch, or for none, was canceled: an item of a batch that goes on waits anew.
local function waits_anew(id, row, job_id)
  local state, tenant = unpack(read_batch(id, 'state', 'tenant'))
  if state ~= 'running' and state ~= 'paused' then return false end
  if redis.call('HGET', job(job_id), 'batch') == id then return false end
  redis.call('HDEL', part(id, 'active'), row)
  redis.call('HINCRBY', job(job_id), 'holders', -1)
  redis.call('SREM', key('stays', job_id), id)
  redis.call('LPUSH', part(id, 'waiting'), row)
  hold_uploads(tenant, cjson.decode(redis.call('HGET', part(id, 'items'), row)).uploads)
  return true
end

-- A job has ended: so have the items that it was for, and others take their places.
local function end_items(job_id, state, signature)
  local links, touched, number = redis.call('SMEMBERS', key('links', job_id)), {}, 0
  redis.call('DEL', key('links', job_id))
  for _, bond in ipairs(links) do
    local id, row = string.match(bond, '^(%S+) (%d+)$')
    if redis.call('HEXISTS', part(id, 'items'), row) == 1 then -- else the batch is lost, too
      if state ~= 'canceled' or not waits_anew(id, row, job_id) then
        end_item(id, row, LETTERS[state], job_id, signature)
      end
      if not touched[id] then number = number + 1 end
      touched[id] = true
    end
  end
  for id in pairs(touched) do
    changed_batch(id)
    feed(id, math.ceil(FEED_STEPS / number))
  end
end
