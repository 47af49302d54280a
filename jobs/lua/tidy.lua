-- Blobs that are older than anything may be kept: those that no record names are marked for deletion. Notes how far the
-- look through the store came; at its end (no path) it begins anew after a while. → {blobs, marked: in this look so far},
-- or false where another worker goes on with it
local MARKED_MS = 24 * 3600 * 1000 -- should this Redis be the wrong one, there is time to see the line in the log

-- What is to be deleted because of a blob: the photo, or all that the attempt left; nil where a record names it.
local function orphan(path)
  local tenant, sha = string.match(path, '^uploads/([^/]+)/(%x+)/[^/]+$')
  if tenant then return redis.call('HGET', key('upload', tenant, sha), 'path') ~= path and path or nil end
  if string.match(path, '^probes/') then return path end
  local owner, id, attempt = string.match(path, '^results/([^/]+)/([^/]+)/([^/]+)/')
  if not owner or redis.call('HGET', job(id), 'tenant') == owner then return nil end
  return 'results/' .. owner .. '/' .. id .. '/' .. attempt .. '/'
end

if redis.call('GET', key('janitor-lease')) ~= args.token then return false end
local marked = 0
for _, path in ipairs(args.paths) do
  local garbage = orphan(path)
  if garbage then marked = marked + redis.call('ZADD', key('garbage'), 'NX', now + MARKED_MS, garbage) end
end
local name = key('janitor')
local found = {redis.call('HINCRBY', name, 'blobs', args.blobs), redis.call('HINCRBY', name, 'marked', marked)}
if args.path then
  redis.call('HSET', name, 'path', args.path)
  redis.call('PEXPIRE', key('janitor-lease'), args.lease_ms)
else
  redis.call('DEL', name, key('janitor-lease'))
  redis.call('HSET', name, 'next_ms', now + args.pause_ms)
end
return found
