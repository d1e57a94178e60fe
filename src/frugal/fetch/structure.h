// Does a file hold what it should? Records, sizes, rows and tokens are counted while its bytes go by once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "frugal/fetch/data_set.h"

namespace frugal {

// Takes the bytes of one file in pieces of any size. One thread.
class StructureCheck {
 public:
  virtual ~StructureCheck() = default;
  virtual void add(std::string_view bytes) = 0;
  // What is wrong, in words ("9,999 records, not 10,000"), or nothing.
  virtual std::optional<std::string> fault() const = 0;
};

std::unique_ptr<StructureCheck> check_of(const Structure& structure);

}  // namespace frugal
