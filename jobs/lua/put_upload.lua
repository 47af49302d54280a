-- A photo was stored. → the record that holds (the earlier one, if there is one), as JSON; false where all of the
-- tenant's is being erased, or was, to its end, since the blob was announced
local name = args.tenant .. ':' .. args.sha256
local announced = tonumber(redis.call('ZSCORE', key('garbage'), args.path))
local erased_ms = tonumber(redis.call('HGET', key('tenant', args.tenant), 'erased_ms'))
if is_being_erased(args.tenant) or (announced and erased_ms and announced - args.grace_ms <= erased_ms) then
  return false
end
local doubted = redis.call('HGET', key('upload', name), 'doubted') and redis.call('HGET', key('upload', name), 'path')
if doubted and doubted ~= args.path then
  discard(doubted, args.grace_ms) -- a job may be about to read it
  redis.call('HDEL', key('upload', name), 'path', 'doubted')
end
redis.call('HSETNX', key('upload', name), 'path', args.path)
if redis.call('HGET', key('upload', name), 'path') == args.path then
  redis.call('HSET', key('upload', name), 'record', args.record)
  redis.call('ZREM', key('garbage'), args.path) -- where it was announced
end
redis.call('ZADD', key('uploads'), 'GT', now + kept_ms(args.tenant, 'uploads_ms', args.life_ms), name)
return redis.call('HGET', key('upload', name), 'record')
