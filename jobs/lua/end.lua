-- A worker ends its attempt as succeeded, failed, canceled, retry, stalled or released. → 1 if that is what happened, else 0
-- The answer is kept with the token, so that the same call again, after a lost answer, gives the same.
local id = args.id
local state, token, cancel, deadline, attempt, max_attempts =
  unpack(read(id, 'state', 'token', 'cancel', 'deadline_ms', 'attempt', 'max_attempts'))

-- The worker's blob store does not answer: the job is another worker's, the attempt not used, for so long at most.
local function stall()
  redis.call('HSETNX', job(id), 'stalled_ms', now)
  local until_ms = redis.call('HGET', job(id), 'stalled_ms') + args.patience_ms
  if until_ms <= now then return give_up_stalled(id) end
  redis.call('ZADD', key('stalled'), until_ms, id)
  redis.call('HINCRBY', job(id), 'attempt', -1)
  requeue(id, 0)
end

local function end_now()
  if cancel or (args.outcome == 'canceled' and not deadline) then
    settle(id, 'canceled')
    return args.outcome == 'canceled' and 1 or 0
  elseif args.outcome == 'failed' then
    settle(id, 'failed', args.problem)
  elseif args.outcome == 'canceled' or past(deadline) then
    expire(id) -- a worker's own clock may see the deadline a little before Redis does
    return args.outcome == 'canceled' and 1 or 0
  elseif args.outcome == 'succeeded' then
    redis.call('HSET', job(id), 'outputs', args.outputs, 'manifest', args.manifest, 'fraction', 1,
      'output_count', args.output_count, 'needs_review', args.needs_review)
    if args.needs_review == '1' then
      redis.call('ZADD', key('review', redis.call('HGET', job(id), 'tenant')), redis.call('HGET', job(id), 'sequence'), id)
    end
    settle(id, 'succeeded')
  elseif args.outcome == 'released' then
    redis.call('HINCRBY', job(id), 'attempt', -1)
    requeue(id, 0)
  elseif args.outcome == 'stalled' then
    stall()
  elseif tonumber(attempt) >= tonumber(max_attempts) then
    local cause = cjson.decode(args.problem)
    give_up(id, cause.detail, cause.type)
  else
    redis.call('HDEL', job(id), 'stalled_ms') -- its store has answered since
    redis.call('ZREM', key('stalled'), id)
    requeue(id, args.delay_ms)
  end
  return 1
end

if not state then return 0 end
local ended_token, ended_as, ended_well = unpack(read(id, 'ended_token', 'ended_as', 'ended_well'))
if ended_token == args.token then return ended_as == args.outcome and tonumber(ended_well) or 0 end
if state ~= 'running' or token ~= args.token then return 0 end
local well = end_now()
if redis.call('EXISTS', job(id)) == 1 then
  redis.call('HSET', job(id), 'ended_token', args.token, 'ended_as', args.outcome, 'ended_well', well)
end
return well
