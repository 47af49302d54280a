-- Run before every script that ends or frees something. Redis looks at its memory only before a script's first write:
-- when that one removes, the script runs whole even with the memory full, and so a full Redis can empty itself.
redis.call('DEL', key('guard'))
