// One open and initialised vendor library per name and process, however many meters use it.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "frugal/base/result.h"

namespace frugal {

// Api's destructor shuts the library down. Threads: all functions; an opening waits for a shutdown that is
// under way, so that none can end an initialisation that came after it. Lives until the process ends.
template <class Api>
class SharedLibraries {
 public:
  // The one that is open, or what `load(name)`, a Result<std::unique_ptr<Api>>, gives.
  template <class Load>
  Result<std::shared_ptr<Api>> open(const std::string& name, Load load) {
    std::unique_lock lock(mutex_);
    Entry& entry = entries_[name];
    if (std::shared_ptr<Api> shared = entry.shared.lock()) return shared;
    ended_.wait(lock, [&] { return !entry.alive; });
    if (std::shared_ptr<Api> shared = entry.shared.lock())
      return shared;  // opened by another while this waited
    auto loaded = load(name);
    if (!loaded) return loaded.error();
    entry.alive = true;
    std::shared_ptr<Api> shared(loaded->release(), [this, &entry](Api* api) { close(entry, api); });
    entry.shared = shared;
    return shared;
  }

 private:
  struct Entry {
    std::weak_ptr<Api> shared;
    bool alive = false;  // until its destructor has run
  };
  void close(Entry& entry, Api* api) {
    const std::scoped_lock lock(mutex_);
    delete api;
    entry.alive = false;
    ended_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::string, Entry> entries_;
};

}  // namespace frugal
