-- What changed of a tenant's jobs since a count; without one, nothing but the count as it is.
-- → {the count now, 1 or 0: whether nothing is missing, {count, id, its standing or false}...}, each job once
local name, at = key('changed', args.tenant), change_count(0)
redis.call('ZADD', name, 'NX', at, '') -- from here on changes are remembered, as long as somebody follows
redis.call('PEXPIRE', name, FOLLOWED_MS)
if not args.since then return {at, 1} end
if args.since > at or args.since < tonumber(redis.call('ZSCORE', name, '')) then return {at, 0} end
local since = string.format('(%.0f', args.since)
local found, answer = redis.call('ZRANGEBYSCORE', name, since, '+inf', 'WITHSCORES', 'LIMIT', 0, args.limit), {at, 1}
for place = 1, #found, 2 do
  answer[#answer + 1] = {found[place + 1], found[place], standing(found[place], args.tenant, args.fields)}
end
return answer
