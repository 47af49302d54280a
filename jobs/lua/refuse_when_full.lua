-- Run before every script that adds. With its memory full, Redis refuses commands that add, but only until a script's
-- first write, and a script is not rolled back: so one that adds comes first, and a script runs whole or not at all.
redis.call('SET', key('guard'), '1')
