-- What stopped halfway goes on: canceling and erasing; batches past their life are let go of. → whether some are left
local more, canceled = 0, false
for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('batch-expiry'), '-inf', now, 'LIMIT', 0, args.limit)) do
  if not is_whole(id) then
    forget_lost_batch(id)
  elseif redis.call('HGET', batch(id), 'state') == 'paused' then -- forgotten by whoever paused it
    redis.call('HSET', batch(id), 'state', 'canceling')
    redis.call('ZREM', key('batch-expiry'), id)
  else
    begin_erasing(id, false)
  end
end
for _, id in ipairs(redis.call('ZRANGE', key('open-batches'), 0, args.limit - 1)) do
  if not is_whole(id) then
    forget_lost_batch(id)
  elseif redis.call('HGET', batch(id), 'state') == 'canceling' then
    if canceled then -- one at a time, so that no script takes long
      more = more + 1
      break
    end
    cancel_items(id, args.items)
    canceled = true
    more = more + redis.call('EXISTS', part(id, 'waiting'))
  end
end
for _, id in ipairs(redis.call('SRANDMEMBER', key('erasing'), 2)) do
  if not is_whole(id) then
    forget_lost_batch(id)
  elseif erase_items(id, args.items) then
    more = more + 1
  end
end
return more
