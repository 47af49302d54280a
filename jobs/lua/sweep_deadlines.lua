-- Deadlines over → expired (canceled, if that was asked before), running or not. → how many
local due = redis.call('ZRANGEBYSCORE', key('deadline'), '-inf', now, 'LIMIT', 0, args.limit)
for _, id in ipairs(due) do
  local tenant, cancel = unpack(read(id, 'tenant', 'cancel'))
  if not tenant then forget_lost(id) elseif cancel then settle(id, 'canceled') else expire(id) end
end
return #due
