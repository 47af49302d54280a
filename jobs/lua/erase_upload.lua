-- A client erases a photo, or an `erasure` does, whose holder has the `token`.
-- → {'erased', its blob's path or ''}, {'in-use', by how many}, {'none'}, or {'lost'} where that holds it no more
-- Erasing again what is gone is no mistake: it may be the same call, after a lost answer.
if args.erasure and not holds_erasure(args.erasure, args.token) then return {'lost', ''} end
local name = args.tenant .. ':' .. args.sha256
local path = redis.call('HGET', key('upload', name), 'path')
if not path then return {redis.call('EXISTS', key('gone', name)) == 1 and 'erased' or 'none', ''} end
local needed = redis.call('HGET', key('live'), name)
if needed then return {'in-use', needed} end
redis.call('DEL', key('upload', name))
redis.call('ZREM', key('uploads'), name)
bury(name, args.tenant, args.life_ms)
discard(path, 0)
redis.call('SETNX', key('journal-due'), now)
return {'erased', path}
