-- A client cancels. → 'canceled', 'running' (flagged), 'already:<state>' or 'none'
local id = args.id
local tenant, state, deleted = unpack(read(id, 'tenant', 'state', 'deleted'))
if tenant ~= args.tenant or deleted then return 'none' end
if state == 'queued' then
  settle(id, 'canceled')
  return 'canceled'
elseif state == 'running' then
  if redis.call('HSET', job(id), 'cancel', '1') == 1 then changed(id) end
  return 'running'
end
return 'already:' .. state
