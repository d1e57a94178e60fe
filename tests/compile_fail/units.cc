// Each CASE is one thing that the types must refuse; without a CASE the file compiles.
#include "frugal/base/units.h"

using namespace frugal;

void wrong() {
  [[maybe_unused]] Joules energy(1);
  [[maybe_unused]] const Watts power(1);
  [[maybe_unused]] const Duration time(1);
  [[maybe_unused]] const Instant now(1);
#if CASE == 1
  (void)(energy + power);
#elif CASE == 2
  energy = 5.0;
#elif CASE == 3
  (void)(power * power);
#elif CASE == 4
  (void)(now + now);
#elif CASE == 5
  const double bare = energy;
#elif CASE == 6
  (void)(time < energy);
#elif CASE == 7
  energy += time * time;
#else
  energy += power * time;
#endif
}
