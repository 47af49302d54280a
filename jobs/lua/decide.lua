-- A person approves or rejects an output, or takes that back. → 'ok', 'not-ready:<state>' or 'none'
-- The same decision again changes nothing: it may be the same call, after a lost answer.
local id = args.id
local tenant, state, deleted, told = unpack(read(id, 'tenant', 'state', 'deleted', 'decisions'))
if tenant ~= args.tenant or deleted then return 'none' end
if state ~= 'succeeded' then return 'not-ready:' .. state end
local decisions = told and cjson.decode(told) or {}
local before = decisions[args.index]
if (before and before.verdict) == args.verdict and (before and before.note) == args.note then return 'ok' end
decisions[args.index] = args.verdict and {verdict = args.verdict, note = args.note, at_ms = now}
if next(decisions) then
  redis.call('HSET', job(id), 'decisions', cjson.encode(decisions))
else
  redis.call('HDEL', job(id), 'decisions')
end
changed(id)
return 'ok'
