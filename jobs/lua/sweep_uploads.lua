-- Uploads past their life are removed, unless a job that has not ended needs them. → how many
local removed = 0
for _, name in ipairs(redis.call('ZRANGEBYSCORE', key('uploads'), '-inf', now, 'LIMIT', 0, args.limit)) do
  if redis.call('HEXISTS', key('live'), name) == 1 then
    redis.call('ZADD', key('uploads'), now + kept_ms(string.match(name, '^[^:]+'), 'uploads_ms', args.life_ms), name)
  else
    local path = redis.call('HGET', key('upload', name), 'path')
    if path then discard(path, 0) end -- else the record is lost, and the janitor finds the photo
    redis.call('DEL', key('upload', name))
    redis.call('ZREM', key('uploads'), name)
    removed = removed + 1
  end
end
return removed
