-- Where in a listing, whose order is that of creation, the jobs begin that were created before a time.
-- → the sequence of the oldest job that was not, or false where all were
local first, beyond = 0, redis.call('ZCARD', args.index) -- those of lower ranks were before, those from here on not
while first < beyond do
  local middle = math.floor((first + beyond) / 2)
  local created = redis.call('HGET', job(redis.call('ZRANGE', args.index, middle, middle)[1]), 'created_ms')
  if not created or tonumber(created) < args.before_ms then first = middle + 1 else beyond = middle end
end
return redis.call('ZRANGE', args.index, first, first, 'WITHSCORES')[2] or false
