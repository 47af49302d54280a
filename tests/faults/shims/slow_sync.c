/* Preloaded into Redis: a disk whose every sync takes as many milliseconds as FAULT_SYNC_MS says. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fdatasync(int file) {
  const char *told = getenv("FAULT_SYNC_MS");
  long ms = told ? atol(told) : 0;
  struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&pause, 0);
  return (int)syscall(SYS_fdatasync, file);
}
