// A vendor's library that is opened while the program runs, so that nothing of it is needed to build or
// start. It stays loaded until the process ends: drivers keep threads and exit handlers that outlive a close.
#pragma once

#include <string>

#include "frugal/base/result.h"

namespace frugal {

class DynamicLibrary {
 public:
  // `name` as for dlopen: a file name that the loader looks for, or a path. NeedRights with the loader's own
  // words when it cannot be opened.
  static Result<DynamicLibrary> open(const std::string& name);

  // Sets `function` to the symbol, or to nullptr where the library has none; says whether it has.
  template <class Function>
  bool find(const char* symbol, Function*& function) const {
    function = reinterpret_cast<Function*>(address(symbol));
    return function != nullptr;
  }
  // The file that was loaded, for people; the name where the loader does not tell.
  std::string path() const;

 private:
  DynamicLibrary(void* handle, std::string name) : handle_(handle), name_(std::move(name)) {}
  void* address(const char* symbol) const;

  void* handle_;
  std::string name_;
};

}  // namespace frugal
