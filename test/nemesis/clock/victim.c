/* A program that asks for the time all the time, in four threads, and watches what it is told. Each byte on stdin is
 * answered with one line of JSON; the end of stdin ends it. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static atomic_ullong calls, malformed, backwards;

static long long ns(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }

static void *loop(void *unused) {
  struct timespec real, coarse, mono;
  struct timeval day;
  long long before = 0;
  for (;;) {
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
    gettimeofday(&day, NULL);
    time_t seconds = 0, returned = time(&seconds);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    if (real.tv_nsec < 0 || real.tv_nsec > 999999999 || coarse.tv_nsec < 0 || coarse.tv_nsec > 999999999 ||
        day.tv_usec < 0 || day.tv_usec > 999999 || seconds != returned || seconds <= 0)
      atomic_fetch_add(&malformed, 1);
    if (ns(mono) < before) atomic_fetch_add(&backwards, 1);
    before = ns(mono);
    atomic_fetch_add(&calls, 5);
  }
  return unused;
}

int main(void) {
  pthread_t threads[4];
  char byte;
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, loop, NULL);
  while (read(0, &byte, 1) == 1) {
    struct timespec real, coarse, mono;
    struct timeval day;
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
    gettimeofday(&day, NULL);
    /* Numbers beyond 2^53 travel as strings. */
    printf("{\"realtimeNs\":\"%lld\",\"monotonicNs\":\"%lld\",\"coarseNs\":\"%lld\",\"gettimeofdayUs\":\"%lld\",\"time\":%lld,"
           "\"calls\":%llu,\"malformed\":%llu,\"backwards\":%llu}\n",
           ns(real), ns(mono), ns(coarse), day.tv_sec * 1000000LL + day.tv_usec, (long long)time(NULL),
           atomic_load(&calls), atomic_load(&malformed), atomic_load(&backwards));
    fflush(stdout);
  }
  return 0;
}
