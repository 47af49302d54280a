-- Entries of tenants that do nothing any more grow old too. → how many tenants were looked at
local due = redis.call('ZRANGEBYSCORE', key('audit-due'), '-inf', now, 'LIMIT', 0, args.limit)
for _, tenant in ipairs(due) do
  trim_audit(tenant, args.days)
  local kept = 0
  for _, stream in ipairs(AUDIT_STREAMS) do kept = kept + redis.call('XLEN', key('audit', tenant, stream)) end
  if kept > 0 then
    redis.call('ZADD', key('audit-due'), now + AUDIT_LOOK_MS, tenant)
  else
    redis.call('ZREM', key('audit-due'), tenant)
    for _, stream in ipairs(AUDIT_STREAMS) do redis.call('DEL', key('audit', tenant, stream)) end
  end
end
return #due
