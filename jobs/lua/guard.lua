-- Run before every script that writes. With its memory full, Redis refuses commands that add but not those that remove,
-- and a script is not rolled back: so one that adds comes first, and a script runs whole or not at all.
redis.call('SET', key('guard'), '1')
