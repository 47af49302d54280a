-- The next rows of a batch that nobody sees yet, as JSON: of valid items what create wants; of others their problem.
-- → how many rows it has by now, or false when it is gone
local id, tenant = args.id, args.tenant
local state, filled = unpack(read_batch(id, 'state', 'filled'))
if state ~= 'staged' then return false end
filled = tonumber(filled)
if filled >= args.first then return filled end -- the same call again, after a lost answer
for offset, packed in ipairs(args.items) do
  local row, item = args.first + offset - 1, cjson.decode(packed)
  redis.call('HSET', part(id, 'items'), row, packed)
  if item.problem then
    redis.call('HSET', part(id, 'ends'), row, 'x')
    redis.call('HINCRBY', batch(id), 'failed', 1)
  else
    redis.call('RPUSH', part(id, 'waiting'), row)
    redis.call('HINCRBY', part(id, 'left'), item.signature, 1)
    hold_uploads(tenant, item.uploads)
  end
end
filled = filled + #args.items
redis.call('HSET', batch(id), 'filled', filled)
redis.call('ZADD', key('batch-expiry'), now + args.grace_ms, id)
return filled
