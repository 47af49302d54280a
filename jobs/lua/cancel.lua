-- A client cancels. → 'canceled', 'running' (flagged), 'already:<state>' or 'none'
-- The call's name is kept with the job, so that the same call again, after a lost answer, is no second cancel.
local id = args.id
local tenant, state, deleted, canceled_by = unpack(read(id, 'tenant', 'state', 'deleted', 'canceled_by'))
if tenant ~= args.tenant or deleted then return 'none' end
if canceled_by == args.call then return state end
if state == 'queued' or state == 'running' then redis.call('HSET', job(id), 'canceled_by', args.call) end
if state == 'queued' then
  settle(id, 'canceled')
  return 'canceled'
elseif state == 'running' then
  if redis.call('HSET', job(id), 'cancel', '1') == 1 then changed(id) end
  return 'running'
end
return 'already:' .. state
