-- A new job, or the one that the idempotency key already made.
-- → {'created' | 'found', id}, {'mismatch', the id that the key made}, {'no-upload', the upload's SHA-256} or {refusal, ''}
local id, tenant = args.id, args.tenant
if redis.call('EXISTS', job(id)) == 1 then return {'created', id} end -- the same call again, after a lost answer

local held = args.idempotency_key and key('key', tenant, args.idempotency_key)
if held then
  local body, earlier = unpack(redis.call('HMGET', held, 'body', 'job'))
  local known, deleted = unpack(earlier and read(earlier, 'id', 'deleted') or {})
  if known and not deleted then -- a job being erased is as good as gone
    if body ~= args.body then return {'mismatch', earlier} end
    return {'found', earlier}
  end
end

local why, what = objection(args)
if not why then why, what = impatience(args) end
if why then return {why, what} end

create(args)
charge(args, 1)
note_in_token(args, id)
note(args.audit)
note_arrival(id, args)
if args.webhook then redis.call('HSET', job(id), 'webhook', bind(tenant, cjson.decode(args.webhook))) end
if held then
  redis.call('HSET', job(id), 'key', held)
  redis.call('HSET', held, 'body', args.body, 'job', id)
  redis.call('PEXPIRE', held, args.key_life_ms)
end
if args.hint then redis.pcall('LPUSH', args.hint[1], args.hint[2]) end -- what is no list there, a reaper throws away
return {'created', id}
