-- A batch whose rows are all there is seen from now on, and fed.
-- → {'created', id}, {'found' | 'mismatch', the id that the idempotency key made}, {'quota' | 'kept' | 'no-endpoint' | 'gone', ''}
local id, tenant = args.id, args.tenant

-- Lets go of the batch; the answer is kept for the same call again, after a lost answer.
local function refuse(answer, value)
  begin_erasing(id, false)
  local told = {answer, value}
  redis.call('SET', key('answered', id), cjson.encode(told), 'PX', args.grace_ms)
  return told
end

-- Whether the tenant keeps as many batches as it may. Those that are lost, which it cannot erase, are let go of first.
local function keeps_enough()
  local listed = key('batches', tenant)
  if redis.call('ZCARD', listed) < args.max_kept then return false end
  for _, kept in ipairs(redis.call('ZRANGE', listed, 0, -1)) do
    if redis.call('EXISTS', batch(kept)) == 0 then redis.call('ZREM', listed, kept) end
  end
  return redis.call('ZCARD', listed) >= args.max_kept
end

local told = redis.call('GET', key('answered', id))
if told then return cjson.decode(told) end
local state, filled = unpack(read_batch(id, 'state', 'filled'))
if state and state ~= 'staged' and state ~= 'erasing' then return {'created', id} end -- again, after a lost answer
if state ~= 'staged' or tonumber(filled) ~= args.total then return {'gone', ''} end

local held = args.idempotency_key and key('batch-key', tenant, args.idempotency_key)
local body, earlier = unpack(held and redis.call('HMGET', held, 'body', 'batch') or {})
if earlier and redis.call('EXISTS', batch(earlier)) == 1 then
  if body ~= args.body then return refuse('mismatch', earlier) end
  return refuse('found', earlier)
end
if is_being_erased(tenant) then return refuse('erasing', '') end
if tonumber(redis.call('HGET', key('batches'), tenant) or 0) >= args.max_open then return refuse('quota', '') end
if keeps_enough() then return refuse('kept', '') end
local no_more, left = over_quota(args, args.valid)
if no_more then return refuse(no_more, left) end
local wish = args.webhook and cjson.decode(args.webhook)
if wish and not has_endpoint(tenant, wish) then return refuse('no-endpoint', '') end

local sequence = redis.call('INCR', key('sequence'))
redis.call('HSET', batch(id), 'state', 'running', 'sequence', sequence, 'created_ms', now)
redis.call('ZADD', key('batches', tenant), sequence, id)
redis.call('ZREM', key('batch-expiry'), id)
redis.call('ZADD', key('open-batches'), now, id)
count('batches', tenant, 1)
charge(args, args.valid)
if wish then redis.call('HSET', batch(id), 'webhook', bind(tenant, wish)) end
if held then
  redis.call('HSET', batch(id), 'key', held)
  redis.call('HSET', held, 'body', args.body, 'batch', id)
  redis.call('PEXPIRE', held, args.key_life_ms)
end
feed(id, FEED_STEPS)
return {'created', id}
