// One mapping of a study file, read key by key. What is wrong with it is thrown as StudyFault and caught in
// parse_study(): nothing else of the room sees it. Every key must be read or the mapping is refused.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/base/units.h"
#include "frugal/space/point.h"

namespace frugal {

struct StudyFault {
  Error error;
};

// Where the text of a node stands: the study file, or one of the overrides, which count as lines after its
// end.
struct StudySource {
  std::string file;
  int lines = 0;  // of the file; a node of override i has line lines + i
  std::vector<std::string> overrides;

  // "digits.yaml:7:3: " or "--set strategy.alpha=2: "
  std::string place(const YAML::Mark& mark) const;
};

class Fields {
 public:
  // `path` is the dotted key of the mapping ("" at the top); `source` must outlive the fields.
  // Throws unless `node` is a mapping whose keys are all in `known` and none is there twice; an empty `known`
  // allows any key.
  Fields(const YAML::Node& node, std::string path, const StudySource& source,
         const std::vector<std::string>& known);

  bool has(const char* key) const { return static_cast<bool>(node_[key]); }
  YAML::Node node(const char* key) const { return node_[key]; }
  const YAML::Node& all() const { return node_; }
  // The mapping under a key; throws when it is absent or none.
  Fields under(const char* key, const std::vector<std::string>& known) const;

  std::string text(const char* key, std::optional<std::string> otherwise = {}) const;
  double number(const char* key, std::optional<double> otherwise, double low, double high) const;
  std::int64_t whole(const char* key, std::optional<std::int64_t> otherwise, std::int64_t low,
                     std::int64_t high) const;
  bool flag(const char* key, bool otherwise) const;
  std::optional<Joules> energy(const char* key) const;
  std::optional<Duration> duration(const char* key) const;
  // One of `words`; an unknown word names the nearest.
  std::string word(const char* key, std::optional<std::string> otherwise,
                   const std::vector<std::string>& words) const;

  // Throws an error at a node: "digits.yaml:7:3: space.batch_size: …".
  [[noreturn]] void refuse(const YAML::Node& at, const std::string& key, const std::string& message,
                           const std::string& hint = {}) const;

 private:
  YAML::Node required(const char* key) const;
  std::string dotted(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  YAML::Node node_;
  std::string path_;
  const StudySource* source_;
};

// A plain YAML scalar as a value: true/false, whole numbers, numbers, else text; a quoted scalar is text.
Value scalar_value(const YAML::Node& scalar);

}  // namespace frugal
