-- One batch as its tenant sees it. → {fields and values, waiting, queued, running, left per signature, times} or false
local state, tenant = unpack(read_batch(args.id, 'state', 'tenant'))
if tenant ~= args.tenant or state == 'staged' or state == 'erasing' then return false end
local here = {queued = 0, running = 0}
for _, job_id in pairs_of(part(args.id, 'active')) do
  local now_in = redis.call('HGET', job(job_id), 'state')
  if here[now_in] then here[now_in] = here[now_in] + 1 end
end
local left = redis.call('HGETALL', part(args.id, 'left'))
local signatures = {'*'}
for at = 1, math.min(#left, 2000), 2 do signatures[#signatures + 1] = left[at] end
local times = redis.call('HMGET', key('times'), unpack(signatures))
return {redis.call('HGETALL', batch(args.id)), redis.call('LLEN', part(args.id, 'waiting')), here.queued, here.running,
  left, times}
