-- A client pauses, resumes or cancels a batch. → 'ok', 'more' (canceling goes on: call again), 'already:<state>', 'none'
-- What is so already is no mistake: it may be the same call, after a lost answer.
local id = args.id
local state, tenant = unpack(read_batch(id, 'state', 'tenant'))
if tenant ~= args.tenant or state == 'staged' or state == 'erasing' then return 'none' end

if args.wish == 'cancel' then
  if state == 'canceled' then return 'ok' end
  if state == 'finished' then return 'already:finished' end
  redis.call('HSET', batch(id), 'state', 'canceling')
  redis.call('ZREM', key('batch-expiry'), id)
  cancel_items(id, args.limit)
  return redis.call('HGET', batch(id), 'state') == 'canceling' and 'more' or 'ok'
end
if state ~= 'running' and state ~= 'paused' then return 'already:' .. (state == 'canceling' and 'canceled' or state) end
local wanted = args.wish == 'pause' and 'paused' or 'running'
if state == wanted then return 'ok' end
redis.call('HSET', batch(id), 'state', wanted)
if wanted == 'paused' then
  redis.call('ZADD', key('batch-expiry'), now + args.longest_pause_ms, id)
else
  redis.call('ZREM', key('batch-expiry'), id)
  feed(id, FEED_STEPS)
end
changed_batch(id)
return 'ok'
