#include "data/show.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "frugal/fetch/download.h"

namespace frugal::app {
namespace {

using Json = nlohmann::ordered_json;

const char* word_of(Condition condition) {
  switch (condition) {
    case Condition::Good:
      return "good";
    case Condition::Missing:
      return "missing";
    case Condition::Wrong:
      break;
  }
  return "wrong";
}

// "there", "not there", or how much of it.
std::string presence(const DataSet& set, const std::string& data_dir) {
  const std::size_t there = files_there(set, data_dir);
  if (there == 0) return "not there";
  if (there == set.files.size()) return "there";
  return fmt::format("{} of {} files there", there, set.files.size());
}

std::string size_of(const DataSet& set) {
  return set.about_bytes == 0 ? "size not published" : "about " + bytes_text(set.about_bytes);
}

Json files_json(const SetState& state) {
  Json files = Json::array();
  for (const FileState& file : state.files)
    files.push_back({{"path", file.path}, {"state", word_of(file.condition)}, {"detail", file.detail}});
  return files;
}

std::string get_command(const DataSet& set, const std::string& data_dir, bool replace) {
  return "frugal data get " + set.name + (data_dir == "data" ? "" : " --data-dir " + data_dir) +
         (replace ? " --replace" : "");
}

}  // namespace

std::size_t files_there(const DataSet& set, const std::string& data_dir) {
  std::size_t there = 0;
  for (const DataFile& file : set.files) there += place_of(file, folder_of(set, data_dir)).empty() ? 0 : 1;
  return there;
}

std::string list_text(std::span<const DataSet> sets, const std::string& data_dir) {
  std::string text;
  for (const DataSet& set : sets) {
    text +=
        fmt::format("{:<14} {:<21} {:<14} {}\n", set.name, set.task, size_of(set), presence(set, data_dir));
    text += fmt::format("  {}\n  licence  {}\n  cite     {}\n  source   {}\n  checked  by {}\n", set.title,
                        set.licence, set.citation, set.source, recognised_by(set));
  }
  return text;
}

std::string list_json(std::span<const DataSet> sets, const std::string& data_dir) {
  Json list = Json::array();
  for (const DataSet& set : sets) {
    Json downloads = Json::array();
    for (const Download& download : set.downloads) {
      Json json{{"file", download.file}, {"address", download.address}};
      if (download.digest)
        json[download.digest->kind == DigestKind::Md5 ? "md5" : "sha256"] = download.digest->hex;
      downloads.push_back(json);
    }
    const std::size_t there = files_there(set, data_dir);
    Json json{{"name", set.name},       {"title", set.title},       {"task", set.task},
              {"licence", set.licence}, {"citation", set.citation}, {"source", set.source}};
    json["download_bytes"] = set.about_bytes == 0 ? Json() : Json(set.about_bytes);
    json["downloads"] = downloads;
    json["checked_by"] = recognised_by(set);
    json["folder"] = folder_of(set, data_dir);
    json["files"] = set.files.size();
    json["files_there"] = there;
    json["there"] = there == set.files.size();
    list.push_back(json);
  }
  return list.dump(2) + "\n";
}

std::string check_text(std::span<const Checked> checked, const std::string& data_dir) {
  std::string text;
  for (const auto& [set, state] : checked) {
    const bool good = state.condition() == Condition::Good;
    text += fmt::format(
        "{:<14} {}\n", set.name,
        good ? std::string("good") : fmt::format("{} of {} files good", state.good(), state.files.size()));
    for (const FileState& file : state.files) {
      text += file.condition == Condition::Good
                  ? fmt::format("  good     {} (by {})\n", file.path, file.detail)
                  : fmt::format("  {:<8} {}: {}\n", word_of(file.condition), file.path, file.detail);
    }
    if (!good) text += "  try: " + get_command(set, data_dir, state.condition() == Condition::Wrong) + "\n";
  }
  return text;
}

std::string check_json(std::span<const Checked> checked) {
  Json list = Json::array();
  for (const auto& [set, state] : checked)
    list.push_back({{"name", set.name}, {"state", word_of(state.condition())}, {"files", files_json(state)}});
  return list.dump(2) + "\n";
}

std::string get_text(const DataSet& set, const SetState& state, const std::string& data_dir, bool was_there) {
  const std::string where = set.folder.empty() ? state.files.front().path : folder_of(set, data_dir);
  return fmt::format("{} {} in {} (recognised by {})\nlicence: {}\ncite: {}\n", set.name,
                     was_there ? "was there already" : "is there", where, state.files.front().detail,
                     set.licence, set.citation);
}

std::string get_json(const DataSet& set, const SetState& state, const std::string& data_dir, bool was_there) {
  const Json json{{"name", set.name},           {"state", word_of(state.condition())},
                  {"was_there", was_there},     {"folder", folder_of(set, data_dir)},
                  {"files", files_json(state)}, {"licence", set.licence},
                  {"citation", set.citation}};
  return json.dump() + "\n";
}

}  // namespace frugal::app
