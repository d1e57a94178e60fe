// Physical quantities as types: Watts * Duration is Joules, Joules + Watts does not compile.
// All are doubles in SI units (joule, watt, second); Instant is a point of the steady clock in nanoseconds.
#pragma once

#include <compare>
#include <cstdint>

namespace frugal {

template <class Tag>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_(value) {}
  constexpr double value() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;  // NOLINT(modernize-use-nullptr)
  constexpr Quantity operator-() const { return Quantity(-value_); }
  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(a.value_ * k); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value_ / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }

 private:
  double value_ = 0.0;
};

using Joules = Quantity<struct JoulesTag>;
using Watts = Quantity<struct WattsTag>;
using Duration = Quantity<struct DurationTag>;  // seconds

constexpr Joules operator*(Watts p, Duration t) { return Joules(p.value() * t.value()); }
constexpr Joules operator*(Duration t, Watts p) { return p * t; }
constexpr Watts operator/(Joules e, Duration t) { return Watts(e.value() / t.value()); }
constexpr Duration operator/(Joules e, Watts p) { return Duration(e.value() / p.value()); }

constexpr double watt_hours(Joules e) { return e.value() / 3600.0; }

// A point in time of the steady clock. Differences are Durations; two Instants cannot be added.
class Instant {
 public:
  constexpr Instant() = default;
  constexpr explicit Instant(std::int64_t nanoseconds) : nanoseconds_(nanoseconds) {}
  constexpr std::int64_t nanoseconds() const { return nanoseconds_; }

  constexpr auto operator<=>(const Instant&) const = default;
  friend constexpr Duration operator-(Instant a, Instant b) {
    return Duration(static_cast<double>(a.nanoseconds_ - b.nanoseconds_) * 1e-9);
  }
  friend constexpr Instant operator+(Instant a, Duration d) {
    return Instant(a.nanoseconds_ +
                   static_cast<std::int64_t>(d.value() * 1e9 + (d.value() < 0 ? -0.5 : 0.5)));
  }
  friend constexpr Instant operator-(Instant a, Duration d) { return a + (-d); }

 private:
  std::int64_t nanoseconds_ = 0;
};

}  // namespace frugal
