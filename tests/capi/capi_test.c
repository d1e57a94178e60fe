/* The C API against the simulated sensor, whose true power is known. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "frugal_energy.h"

static int failures = 0;
#define CHECK(condition)                                                 \
  do {                                                                   \
    if (!(condition)) {                                                  \
      ++failures;                                                        \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                    \
  } while (0)

static void pause_ms(long ms) {
  struct timespec wait = {ms / 1000, ms % 1000 * 1000000L};
  while (nanosleep(&wait, &wait) != 0 && errno == EINTR) {
  }
}

static int near(double a, double b, double within) { return fabs(a - b) <= within; }

static void two_devices_are_added(void) {
  char why[200] = "";
  frugal_energy_figure total, each[2];
  frugal_energy* meter = frugal_energy_open("sim:power=100W,error=0,sim:power=50W,error=0", 0.02, why, sizeof why);
  CHECK(meter != NULL);
  if (meter == NULL) {
    fprintf(stderr, "%s\n", why);
    return;
  }
  CHECK(frugal_energy_devices(meter) == 2);
  CHECK(strcmp(frugal_energy_device(meter, 1), "sim1") == 0);
  CHECK(strlen(frugal_energy_sensor(meter, 0)) > 0);
  CHECK(frugal_energy_caveat(meter, 0) != NULL);
  CHECK(frugal_energy_device(meter, 2) == NULL);
  CHECK(frugal_energy_whole_machine(meter, 0) == 0);

  int64_t outer = frugal_energy_begin(meter);
  pause_ms(60);
  int64_t inner = frugal_energy_begin(meter);
  pause_ms(60);
  CHECK(outer != inner);
  CHECK(frugal_energy_end(meter, inner, &total, each) == 0);
  CHECK(total.duration_s >= 0.06);
  CHECK(near(total.energy_j, 150 * total.duration_s, 0.05));
  CHECK(near(each[0].energy_j, 100 * total.duration_s, 0.05));
  CHECK(near(each[1].energy_j, 50 * total.duration_s, 0.05));
  CHECK(total.method == FRUGAL_COUNTER);
  CHECK(total.low_j <= total.energy_j && total.energy_j <= total.high_j);
  CHECK(total.coverage > 0.9);
  double inner_s = total.duration_s;
  CHECK(frugal_energy_end(meter, outer, &total, NULL) == 0);
  CHECK(total.duration_s >= inner_s + 0.06);
  CHECK(near(total.energy_j, 150 * total.duration_s, 0.05));
  CHECK(frugal_energy_end(meter, outer, &total, NULL) == -1);
  frugal_energy_close(meter);
}

/* A whole computation in one child must neither hang on a thread that is not there nor end the parent's windows. */
static void a_forked_child_is_told(void) {
  frugal_energy* meter = frugal_energy_open("sim:power=10W", 0.01, NULL, 0);
  int64_t window = frugal_energy_begin(meter);
  frugal_energy_figure total;
  int status = -1;
  pid_t child = fork();
  if (child == 0) {
    int wrong = frugal_energy_begin(meter) != -1;
    wrong |= frugal_energy_end(meter, window, &total, NULL) != -1;
    frugal_energy_close(meter);
    _exit(wrong);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(frugal_energy_end(meter, window, &total, NULL) == 0);
  frugal_energy_close(meter);
}

static void trouble_is_said(void) {
  char why[200] = "";
  CHECK(frugal_energy_open("simm", 0, why, sizeof why) == NULL);
  CHECK(strstr(why, "unknown device 'simm' (did you mean 'sim'?)") != NULL);
  char tiny[5] = "";
  CHECK(frugal_energy_open("simm", 0, tiny, sizeof tiny) == NULL && strcmp(tiny, "unkn") == 0);
  CHECK(frugal_energy_open("sim", -1, why, sizeof why) == NULL);
  CHECK(frugal_energy_begin(NULL) == -1);
  frugal_energy_close(NULL);
}

/* Every reading fails: no joules, and no zero that looks measured. */
static void nothing_measured_is_no_zero(void) {
  frugal_energy* meter = frugal_energy_open("sim:fail=1", 0.01, NULL, 0);
  frugal_energy_figure total;
  int64_t window = frugal_energy_begin(meter);
  pause_ms(30);
  CHECK(frugal_energy_end(meter, window, &total, NULL) == 1);
  CHECK(total.coverage == 0);
  frugal_energy_close(meter);
  /* One device of two: the sum is the other's alone, and says that it lacks something. */
  meter = frugal_energy_open("sim:power=10W,sim:power=10W,fail=1,max_power=40W", 0.01, NULL, 0);
  window = frugal_energy_begin(meter);
  pause_ms(30);
  CHECK(frugal_energy_end(meter, window, &total, NULL) == 0);
  CHECK(total.coverage == 0);
  CHECK(total.high_j >= 50 * total.duration_s);
  frugal_energy_close(meter);
}

static void co2e_has_its_source(void) {
  double grams = 0;
  char source[200] = "";
  CHECK(frugal_energy_co2e(2, "DE", 1.5, &grams, source, sizeof source) == 0);
  CHECK(near(grams, 2 * 1.5 * 344.1, 1e-9));
  CHECK(strcmp(source, "Germany 2024: Ember via Our World in Data, CC BY 4.0") == 0);
  CHECK(frugal_energy_co2e(2, "Germny", 1, &grams, source, sizeof source) == -1);
  CHECK(strstr(source, "'Germany'") != NULL);
}

int main(void) {
  CHECK(frugal_energy_abi() == FRUGAL_ENERGY_ABI);
  two_devices_are_added();
  a_forked_child_is_told();
  trouble_is_said();
  nothing_measured_is_no_zero();
  co2e_has_its_source();
  if (failures == 0) puts("all as documented");
  return failures != 0;
}
