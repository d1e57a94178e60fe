// Is a data set there, all of it, and is it right?
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "frugal/fetch/data_set.h"

namespace frugal {

enum class Condition { Good, Missing, Wrong };

struct FileState {
  std::string path;  // as it is there, or as it is looked for
  Condition condition = Condition::Missing;
  std::string detail;  // what is wrong; what a good one was recognised by
};

struct SetState {
  std::vector<FileState> files;
  // Wrong when any is wrong, else Missing when any is missing.
  Condition condition() const;
  std::size_t good() const;
};

// The folder of a data set's files below data_dir.
std::string folder_of(const DataSet& set, const std::string& data_dir);

// Where a data file is there, as it is or as .gz; empty when it is not.
std::string place_of(const DataFile& file, const std::string& folder);

// Reads every file of the set in `folder` once: checksums where they are known, structure always. Stops
// early, with what it has, when cancelled.
SetState verify(const DataSet& set, const std::string& folder, const std::atomic<bool>* cancel = nullptr);

// "checksum and structure" or "structure": by what good files of this set are recognised when they are
// fetched.
std::string recognised_by(const DataSet& set);

}  // namespace frugal
