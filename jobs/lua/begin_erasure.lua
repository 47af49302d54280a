-- All of a tenant's is to be erased, by the reapers, step by step; nothing new is taken of it meanwhile.
-- → the erasure's id: of the one that is under way, where there is one
--
--   erasure:<id>   hash  tenant, state, step, keys, operators, started_ms, finished_ms, cursor, waiting,
--                        count:<what>…
--   erasures       zset  ids by when to go on with them (ms): then no reaper is at work on it
local name, id = key('tenant', args.tenant), args.id
local known = redis.call('HGET', name, 'erasing')
if known and redis.call('EXISTS', key('erasure', known)) == 1 then return known end
redis.call('HSET', name, 'erasing', id, 'erasure', id, 'erased_ms', now)
redis.call('HSET', key('erasure', id), 'id', id, 'tenant', args.tenant, 'state', 'running', 'step', 'webhooks',
  'keys', args.keys and 1 or 0, 'operators', args.operators and 1 or 0, 'started_ms', now)
redis.call('ZADD', key('erasures'), now, id)
return id
