-- A client erases a job. → {'erased', blob paths...}, {'flagged'} (running: erased when it ends) or {'none'}
-- Erasing again what is gone is no mistake: it may be the same call, after a lost answer.
local id = args.id
if redis.call('GET', key('gone', id)) == args.tenant then return {'erased'} end
local tenant, state, deleted = unpack(read(id, 'tenant', 'state', 'deleted'))
if tenant ~= args.tenant or deleted then return {'none'} end
if state == 'running' then
  redis.call('HSET', job(id), 'cancel', '1', 'deleted', '1')
  redis.call('ZREM', key('jobs', tenant), id)
  redis.call('SET', key('gone', id), tenant, 'PX', TOMBSTONE_MS)
  changed(id)
  return {'flagged'}
end
if state == 'queued' then settle(id, 'canceled') end
return {'erased', unpack(erase(id, true))}
