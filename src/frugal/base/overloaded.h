// Several lambdas as one visitor of a std::variant: std::visit(Overloaded{[](int) {…}, [](double) {…}},
// value).
#pragma once

namespace frugal {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace frugal
