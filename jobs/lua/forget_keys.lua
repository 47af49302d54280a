-- A tenant's API keys open nothing and are known no more; an operator's, who may look beyond the tenant, only where an
-- operator asked for it. → {how many went, how many operators' stay}, or {-1} where the caller holds the erasure no more
if not holds_erasure(args.id, args.token) then return {-1} end
local all, gone, spared = redis.call('HGET', key('erasure', args.id), 'operators') == '1', 0, 0
for _, id in ipairs(redis.call('ZRANGE', key('keys-of', args.tenant), 0, -1)) do
  local scopes = ' ' .. (redis.call('HGET', key('key', id), 'scopes') or '') .. ' '
  if not all and string.find(scopes, ' operator ', 1, true) then
    spared = spared + 1
  else
    gone = gone + 1
    redis.call('DEL', key('key', id))
    redis.call('SREM', key('keys'), id)
    for _, list in ipairs({key('keys-of', '*'), key('keys-of', args.tenant)}) do redis.call('ZREM', list, id) end
  end
end
if gone > 0 and redis.call('EXISTS', key('keys')) == 0 then redis.call('SET', key('keys-erased'), now) end
return {gone, spared}
