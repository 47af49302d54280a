-- How jobs end. Runs after batches.lua, since a job's end is also the end of the items that wait for it.
local MAX_SIGNATURES = 1000
local NOTED = 1000 -- ends, and failures, that the operator's figures are of
local SMOOTHING = 0.1 -- the weight of the newest run time, once ten were measured

-- The kind of work that was last measured longest ago gives its place to another.
local function forget_oldest_time()
  local oldest, since = nil, math.huge
  for signature, told in pairs_of(key('times')) do
    local at = tonumber(string.match(told, '^%S+ %d+ (%d+)$') or 0) -- an earlier version did not note when
    if signature ~= '*' and at < since then oldest, since = signature, at end
  end
  if oldest then redis.call('HDEL', key('times'), oldest) end
end

local function note_time(signature, took_ms)
  for _, field in ipairs({signature, '*'}) do
    local mean, times = string.match(redis.call('HGET', key('times'), field) or '', '^(%S+) (%d+)')
    if not mean and redis.call('HLEN', key('times')) >= MAX_SIGNATURES then forget_oldest_time() end
    mean, times = tonumber(mean or 0), tonumber(times or 0) + 1
    mean = mean + math.max(1 / times, SMOOTHING) * (took_ms - mean)
    redis.call('HSET', key('times'), field, string.format('%.1f %d %.0f', mean, times, now))
  end
end

-- For the operator's figures: how long the job waited, ran and took in all, and what it failed of.
local function note_end(id, state, why)
  local requeued, created, started = unpack(read(id, 'requeued_ms', 'created_ms', 'started_ms'))
  local since = requeued or created
  if started and (state == 'succeeded' or state == 'failed') then
    redis.call('LPUSH', key('recent-ends'), table.concat({now, started - since, now - started, now - since}, ' '))
    redis.call('LTRIM', key('recent-ends'), 0, NOTED - 1)
  end
  if why then
    redis.call('ZADD', key('failures'), now, id .. ' ' .. cjson.decode(why).type)
    redis.call('ZREMRANGEBYRANK', key('failures'), 0, -NOTED - 1)
    redis.call('HINCRBY', key('totals'), 'problem ' .. cjson.decode(why).type, 1)
  end
  redis.call('HINCRBY', key('totals'), 'state ' .. state, 1)
end

-- Ends a job: the only way into a terminal state. A job deleted while it ran is erased at once.
local function settle(id, state, why)
  local tenant, uploads, retention, deleted, work, signature, started, dead, token, stalled = unpack(read(id, 'tenant',
    'uploads', 'retention_ms', 'deleted', 'work', 'signature', 'started_ms', 'dead', 'token', 'stalled_ms'))
  dequeue(id)
  for _, name in ipairs({'delayed', 'lease', 'deadline'}) do redis.call('ZREM', key(name), id) end
  if stalled then redis.call('ZREM', key('stalled'), id) end
  count('active', tenant, -1)
  for name in names(tenant, uploads) do count('live', name, -1) end
  retention = kept_ms(tenant, 'retention_ms', retention, true)
  redis.call('HDEL', job(id), 'token', 'owner')
  redis.call('HSET', job(id), 'state', state, 'finished_ms', now, 'expires_ms', now + retention)
  if why then redis.call('HSET', job(id), 'problem', why) end
  redis.call('ZADD', key('expiry'), now + retention, id)
  if dead and token then -- it may run again: of its results only those of this attempt go
    discard_attempt(id, tenant, token)
  elseif state ~= 'succeeded' then
    discard('results/' .. tenant .. '/' .. id .. '/', ZOMBIE_GRACE_MS)
    if token then discard_attempt(id, tenant, token) end -- by a name of its own, which outlasts the job's being erased
  end
  note_end(id, state, why)
  changed(id)
  tell_of_job(id, tenant, state)
  if state ~= 'succeeded' then
    forget_work(tenant, work, id)
  elseif work then -- nil of a job that an earlier version of Packshot took
    redis.call('SETNX', key('work', tenant, work), id)
    note_time(signature, now - started)
  end
  end_items(id, state, signature)
  if deleted then erase(id, true) end
end

local function expire(id)
  settle(id, 'expired', problem('deadline-exceeded', 'the job was not done by its deadline'))
end

-- A failure that is not the job's own: the operator may let it try again.
local function settle_dead(id, slug, detail)
  redis.call('HSET', job(id), 'dead', '1')
  redis.call('RPUSH', key('dead'), id)
  settle(id, 'failed', problem(slug, detail))
end

-- The last attempt failed. A fault of the storage keeps its name; any other ends as gave-up.
local function give_up(id, reason, cause)
  local attempt = redis.call('HGET', job(id), 'attempt')
  local slug = (cause == 'storage' or cause == 'fetch-failed') and cause or 'gave-up'
  settle_dead(id, slug, 'attempt ' .. attempt .. ', the last one allowed, failed: ' .. reason)
end

-- No worker's blob store has answered it for longer than it may wait.
local function give_up_stalled(id)
  local since = now - redis.call('HGET', job(id), 'stalled_ms')
  settle_dead(id, 'storage', string.format('the store for photos and results has not answered for %d s', since / 1000))
end

-- A client erases a job. → blob paths, or nil while it runs: then it is erased when it ends
local function remove(id, tenant)
  local state, retention = unpack(read(id, 'state', 'retention_ms'))
  if state == 'running' then
    redis.call('HSET', job(id), 'cancel', '1', 'deleted', '1')
    redis.call('ZREM', key('jobs', tenant), id)
    bury(id, tenant, retention)
    changed(id)
    return nil
  end
  if state == 'queued' then settle(id, 'canceled') end
  return erase(id, true)
end

-- An item no longer waits for its job: one that was made for items, and that none waits for any more, is stopped.
local function let_go(id, row, job_id)
  redis.call('SREM', key('links', job_id), id .. ' ' .. row)
  local state, made_for = unpack(read(job_id, 'state', 'batch'))
  if not made_for or redis.call('EXISTS', key('links', job_id)) == 1 then return end
  if state == 'queued' then
    settle(job_id, 'canceled')
  elseif state == 'running' and redis.call('HSET', job(job_id), 'cancel', '1') == 1 then
    changed(job_id)
  end
end

-- Ends up to so many waiting items of a batch as canceled, and all that have a job. The last call closes the batch.
local function cancel_items(id, limit)
  local tenant = redis.call('HGET', batch(id), 'tenant')
  for row, job_id in pairs_of(part(id, 'active')) do
    end_item(id, row, 'c', job_id, redis.call('HGET', job(job_id), 'signature'))
    let_go(id, row, job_id)
  end
  for _ = 1, limit do
    local row = redis.call('LPOP', part(id, 'waiting'))
    if not row then break end
    local item = cjson.decode(redis.call('HGET', part(id, 'items'), row))
    release_uploads(tenant, item.uploads)
    end_item(id, row, 'c', '', item.signature)
  end
  close_if_done(id)
  changed_batch(id)
end

-- From now on the batch is unknown, and its items are let go of, part by part; with_jobs: their jobs erased as well.
local function begin_erasing(id, with_jobs)
  local state, tenant, held, terms, told = unpack(read_batch(id, 'state', 'tenant', 'key', 'terms', 'told'))
  strip_messages(told, with_jobs)
  if with_jobs then redis.call('SETNX', key('journal-due'), now) end
  if state == 'running' or state == 'paused' or state == 'canceling' then count('batches', tenant, -1) end
  redis.call('HSET', batch(id), 'state', 'erasing', 'with_jobs', with_jobs and '1' or '0')
  redis.call('ZREM', key('open-batches'), id)
  redis.call('ZREM', key('batch-expiry'), id)
  redis.call('ZREM', key('batches', tenant), id)
  redis.call('SADD', key('erasing'), id)
  if held and redis.call('HGET', held, 'batch') == id then redis.call('DEL', held) end
  if state ~= 'staged' then bury(id, tenant, cjson.decode(terms).life_ms) end
  changed_batch(id)
end

-- An item refers to its job no more. One that was made for items, and that none refers to now, may be erased.
local function drop_job(job_id, tenant, may_erase)
  if redis.call('EXISTS', job(job_id)) == 0 then return end
  local held = redis.call('HINCRBY', job(job_id), 'holders', -1)
  if may_erase and held <= 0 and redis.call('HEXISTS', job(job_id), 'batch') == 1 then remove(job_id, tenant) end
end

local function erase_item(id, tenant, row, with_jobs)
  local active = redis.call('HGET', part(id, 'active'), row)
  local ended = redis.call('HGET', part(id, 'ends'), row)
  if not active and not ended then
    local uploads = cjson.decode(redis.call('HGET', part(id, 'items'), row)).uploads
    release_uploads(tenant, uploads)
    for name in names(tenant, uploads) do
      local path = with_jobs and forget_upload(name)
      if path then discard(path, 0) end
    end
  end
  local job_id = active or string.sub(ended or '', 2)
  if active then
    redis.call('HDEL', part(id, 'active'), row)
    let_go(id, row, job_id)
  end
  drop_job(job_id, tenant, with_jobs)
end

-- Lets go of the next items. → whether some are left
local function erase_items(id, limit)
  local tenant, filled, erased, with_jobs = unpack(read_batch(id, 'tenant', 'filled', 'erased', 'with_jobs'))
  local first, last = tonumber(erased or 0) + 1, tonumber(filled or 0)
  for row = first, math.min(first + limit - 1, last) do
    erase_item(id, tenant, tostring(row), with_jobs == '1')
    redis.call('HSET', batch(id), 'erased', row)
  end
  if first + limit - 1 < last then return true end
  for _, name in ipairs({'items', 'waiting', 'active', 'ends', 'problems', 'failed', 'left'}) do
    redis.call('DEL', part(id, name))
  end
  redis.call('DEL', batch(id))
  redis.call('SREM', key('erasing'), id)
  return false
end

-- Whether a batch, whatever its state, has what each further step with it looks at.
local function is_whole(id)
  local tenant, filled, succeeded, failed, canceled =
    unpack(read_batch(id, 'tenant', 'filled', 'succeeded', 'failed', 'canceled'))
  if not tenant then return false end
  if tonumber(filled) > 0 and redis.call('EXISTS', part(id, 'items')) == 0 then return false end
  return (succeeded or failed or canceled or '0') == '0' or redis.call('EXISTS', part(id, 'ends')) == 1
end

-- Forgets a batch of which that is lost, as a job's record may be. The jobs that were made for it stay, as any others.
local function forget_lost_batch(id)
  for _, name in ipairs({'items', 'waiting', 'active', 'ends', 'problems', 'failed', 'left'}) do
    redis.call('DEL', part(id, name))
  end
  redis.call('DEL', batch(id), key('recounted-jobs'))
  for _, set in ipairs({'open-batches', 'batch-expiry'}) do redis.call('ZREM', key(set), id) end
  redis.call('SREM', key('erasing'), id)
end

-- Forgets an id whose record is gone though nobody erased it: a Redis that may evict did, or somebody's DEL. It is lost,
-- and holds nobody else up; items of batches that it was for wait anew, and its tenant's jobs are counted anew.
local function forget_lost(id)
  end_items(id, 'canceled')
  redis.call('DEL', job(id), key('recounted-jobs')) -- the next sweep finds out whose place it held
  for _, set in ipairs({'lease', 'delayed', 'deadline', 'expiry', 'stalled'}) do redis.call('ZREM', key(set), id) end
end

-- Delayed retries whose time has come.
local function promote_due(limit)
  local due = redis.call('ZRANGEBYSCORE', key('delayed'), '-inf', now, 'LIMIT', 0, limit)
  for _, id in ipairs(due) do
    redis.call('ZREM', key('delayed'), id)
    if enqueue(id) then changed(id) else forget_lost(id) end
  end
  return #due
end
