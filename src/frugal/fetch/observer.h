// Who is told how a fetch goes on. The library prints nothing; the command shows it on a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace frugal {

class FetchObserver {
 public:
  virtual ~FetchObserver() = default;
  // A download begins or goes on with `have` bytes already there; `total` where the server told it.
  virtual void begins(const std::string& address, std::uint64_t have, std::optional<std::uint64_t> total) = 0;
  virtual void has(std::uint64_t bytes) = 0;
  virtual void ends() = 0;
  // Something worth a line: a connection that broke, a file that changed, what is done now.
  virtual void remark(const std::string& text) = 0;
};

}  // namespace frugal
