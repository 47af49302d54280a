-- Looks at the batches that were looked at longest ago: items whose job is gone end, others start. → {fed, to feed on}
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

local ids, more = redis.call('ZRANGE', key('open-batches'), 0, args.limit - 1), 0
for _, id in ipairs(ids) do
  redis.call('ZADD', key('open-batches'), 'XX', now, id)
  mend(id)
  if feed(id) then more = more + 1 end
end
return {#ids, more}
