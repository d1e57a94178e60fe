#include "frugal/energy/dynamic_library.h"

#include <dlfcn.h>
#include <link.h>

#include <utility>

namespace frugal {

Result<DynamicLibrary> DynamicLibrary::open(const std::string& name) {
  // Local: the vendor's symbols must not answer for anybody else's.
  void* handle = dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (handle != nullptr) return DynamicLibrary(handle, name);
  const char* reason = dlerror();
  return Error{ErrorCode::NeedRights, reason != nullptr ? reason : name + " cannot be opened"};
}

void* DynamicLibrary::address(const char* symbol) const { return dlsym(handle_, symbol); }

std::string DynamicLibrary::path() const {
  link_map* map = nullptr;
  if (dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr || map->l_name[0] == '\0') return name_;
  return map->l_name;
}

}  // namespace frugal
