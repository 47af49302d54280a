-- A client erases a job. → {'erased', blob paths...}, {'flagged'} (running: erased when it ends) or {'none'}
local id = args.id
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
