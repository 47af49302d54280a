-- The secrets of signed links: makes the first, and with `rotate` a new one; those before then open the links that they
-- have signed, and go with them. The first is the one secret that earlier versions had, so that their links live on.
-- → the hash's fields
--
--   link-secrets   hash   id → "<secret>", or "<secret> <Unix second until which its links are good>"; current → an id
local name, second = key('link-secrets'), math.floor(now / 1000)
local current = redis.call('HGET', name, 'current')
if not current then
  redis.call('HSET', name, '0', redis.call('GET', key('link-secret')) or args.secret, 'current', '0')
elseif args.rotate and current ~= args.id then -- else the same call again, after a lost answer
  for id, told in pairs_of(name) do
    local good_until = string.match(told, ' (%d+)$')
    if id == current then redis.call('HSET', name, id, told .. ' ' .. string.format('%d', args.good_until)) end
    if good_until and tonumber(good_until) < second then redis.call('HDEL', name, id) end
  end
  redis.call('HSET', name, args.id, args.secret, 'current', args.id)
end
return redis.call('HGETALL', name)
