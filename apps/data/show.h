// What frugal-data writes to standard output: the list of data sets, and what a check or a fetch found.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "frugal/fetch/data_set.h"
#include "frugal/fetch/verify.h"

namespace frugal::app {

using Checked = std::pair<DataSet, SetState>;

std::string list_text(std::span<const DataSet> sets, const std::string& data_dir);
std::string list_json(std::span<const DataSet> sets, const std::string& data_dir);

std::string check_text(std::span<const Checked> checked, const std::string& data_dir);
std::string check_json(std::span<const Checked> checked);

std::string get_text(const DataSet& set, const SetState& state, const std::string& data_dir, bool was_there);
std::string get_json(const DataSet& set, const SetState& state, const std::string& data_dir, bool was_there);

// How many of the set's files are there, unread.
std::size_t files_there(const DataSet& set, const std::string& data_dir);

}  // namespace frugal::app
