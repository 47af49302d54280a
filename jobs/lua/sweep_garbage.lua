-- Blob paths to delete now. Each comes again after retry_ms, until 'collected' is told of it. → paths
--
-- By turns what waits longest and what is due last: so the hundred thousand photos of one tenant, due one after another,
-- keep nobody's waiting who came before or after them.
local oldest = redis.call('ZRANGEBYSCORE', key('garbage'), '-inf', now, 'LIMIT', 0, args.limit)
local newest = redis.call('ZREVRANGEBYSCORE', key('garbage'), now, '-inf', 'LIMIT', 0, args.limit)
local due, taken = {}, {}
for at = 1, #oldest do
  for _, path in ipairs({oldest[at], newest[at]}) do
    if #due < args.limit and not taken[path] then
      due[#due + 1], taken[path] = path, true
      redis.call('ZADD', key('garbage'), now + args.retry_ms, path)
    end
  end
end
return due
