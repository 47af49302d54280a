-- Looks at the batches that were looked at longest ago: items whose job is gone end, others start.
-- → {their ids, whether there is more to start at once: 1 or 0}
local function mend(id)
  for row, job_id in pairs_of(part(id, 'active')) do
    local state = redis.call('HGET', job(job_id), 'state')
    if state ~= 'queued' and state ~= 'running' then
      local item = cjson.decode(redis.call('HGET', part(id, 'items'), row))
      end_item(id, row, LETTERS[state or 'canceled'], job_id, item.signature)
      changed_batch(id)
    end
  end
end

local ids, looked_at, left, more = redis.call('ZRANGE', key('open-batches'), 0, args.limit - 1), {}, FEED_STEPS, false
for _, id in ipairs(ids) do
  if left == 0 then break end -- the others come first next time
  redis.call('ZADD', key('open-batches'), 'XX', now, id)
  if not is_whole(id) then
    forget_lost_batch(id)
  else
    mend(id)
    local started, unfed = feed(id, left)
    left, more = left - started, more or unfed
  end
  looked_at[#looked_at + 1] = id
end
return {looked_at, (more or #looked_at < #ids) and 1 or 0}
