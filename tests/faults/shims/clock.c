/* Preloaded into a process whose clock is to be wrong: the time of day is so many seconds ahead as the file says that
   FAULT_CLOCK names (eight bytes, the machine's own order), at every look. Clocks that only measure stay right. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *ahead_s;

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("FAULT_CLOCK");
  int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *seen = mmap(0, sizeof *ahead_s, PROT_READ, MAP_SHARED, file, 0);
  if (seen != MAP_FAILED) ahead_s = seen;
  close(file);
}

int clock_gettime(clockid_t which, struct timespec *told) {
  long failed = syscall(SYS_clock_gettime, which, told);
  if (!failed && ahead_s && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) told->tv_sec += *ahead_s;
  return (int)failed;
}

int gettimeofday(struct timeval *restrict told, void *restrict zone) {
  (void)zone;
  struct timespec now;
  int failed = clock_gettime(CLOCK_REALTIME, &now);
  told->tv_sec = now.tv_sec, told->tv_usec = now.tv_nsec / 1000;
  return failed;
}

time_t time(time_t *told) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (told) *told = now.tv_sec;
  return now.tv_sec;
}
