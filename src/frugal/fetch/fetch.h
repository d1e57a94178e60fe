// A data set brought to where the trainer looks for it: downloaded (or taken from files that are there),
// compared with its checksum, unpacked, verified, and only then moved into place. Whatever goes wrong, no
// wrong file is left where the trainer would read it, and nothing at all but a download that can go on.
#pragma once

#include <string>

#include "frugal/fetch/data_set.h"
#include "frugal/fetch/download.h"
#include "frugal/fetch/observer.h"
#include "frugal/fetch/verify.h"

namespace frugal {

struct FetchRequest {
  std::string data_dir = "data";
  std::string mirror =
      {};  // an address below which the downloads lie by their names, instead of the official ones
  // Instead of a download: the file as downloaded, or a folder with the downloads, or one with the data
  // files.
  std::string from = {};
  bool replace = false;  // files that are there and wrong
};

struct FetchReport {
  bool was_there = false;
  SetState state;
};

// One fetch of a set at a time in a data_dir; a second one is refused. Errors: Retry (the network; a download
// that can go on is kept in data_dir/.fetch-NAME), FixInput (wrong checksum, damaged archive, disk full, a
// wrong file in place), Interrupted.
Result<FetchReport> fetch(const DataSet& set, const FetchRequest& request, const DownloadSettings& settings,
                          FetchObserver& observer);

}  // namespace frugal
