// Expected trouble as a value: Result<T> holds a T or an Error. Nothing here throws for an expected failure.
// Invariant: an Error always has a message; `hint` is the next thing to type, or empty.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace frugal {

// What the caller can do next.
enum class ErrorCode {
  FixInput,     // the study file, the command line or a data file is wrong
  Retry,        // the same call may succeed later
  NeedRights,   // a permission or a device is missing
  TrialFailed,  // this trial is lost, the study goes on
  StoreBroken,  // the store cannot be read or written
  Interrupted,  // the user asked to stop
  GiveUp,       // nothing the user can change would help: a defect
};

struct Error {
  ErrorCode code = ErrorCode::GiveUp;
  std::string message;
  std::string hint = {};
};

inline Error bad_input(std::string message, std::string hint = {}) {
  return Error{ErrorCode::FixInput, std::move(message), std::move(hint)};
}

// Holds a value or an Error. value() on an error and error() on a value throw std::bad_variant_access:
// both are defects of the caller.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

// Success without a value.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return error_.value(); }
  Error&& error() && { return std::move(error_).value(); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace frugal
