-- A new secret; the one before signs beside it for a while. → until when (ms), or 0 where there is no such endpoint
local tenant, secret, valid_until = unpack(read_endpoint(args.id, 'tenant', 'secret', 'previous_until_ms'))
if tenant ~= args.tenant then return 0 end
if secret == args.secret then return tonumber(valid_until) end -- the same call again, after a lost answer
redis.call('HSET', endpoint(args.id), 'secret', args.secret, 'previous_secret', secret,
  'previous_until_ms', now + args.overlap_ms)
return now + args.overlap_ms
