#include "frugal/study/yaml_fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "frugal/base/nearest.h"
#include "frugal/base/units_text.h"

namespace frugal {
namespace {

template <class T>
std::optional<T> read_number(const std::string& text) {
  T value{};
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, failure] = std::from_chars(begin, text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string shown(const YAML::Node& node) {
  if (node.IsScalar()) return "'" + node.Scalar() + "'";
  return node.IsMap() ? "a mapping" : node.IsSequence() ? "a list" : "nothing";
}

}  // namespace

std::string StudySource::place(const YAML::Mark& mark) const {
  if (mark.is_null()) return file + ": ";
  const std::size_t override_number =
      mark.line < lines ? overrides.size() : static_cast<std::size_t>(mark.line - lines);
  if (override_number < overrides.size()) return "--set " + overrides[override_number] + ": ";
  return file + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": ";
}

Value scalar_value(const YAML::Node& scalar) {
  const std::string& text = scalar.Scalar();
  if (scalar.Tag() == "!") return text;  // quoted
  if (text == "true" || text == "false") return text == "true";
  if (const auto whole = read_number<std::int64_t>(text)) return *whole;
  if (const auto number = read_number<double>(text); number && std::isfinite(*number)) return *number;
  return text;
}

Fields::Fields(const YAML::Node& node, std::string path, const StudySource& source,
               const std::vector<std::string>& known)
    : node_(node), path_(std::move(path)), source_(&source) {
  if (!node_.IsMap()) {
    const std::string what = path_.empty() ? "a study file" : "'" + path_ + "'";
    throw StudyFault{bad_input(source_->place(node_.Mark()) + what +
                               " is a mapping of keys and values, not " + shown(node_))};
  }
  std::vector<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) refuse(entry.first, "", "a key is a plain word");
    const std::string key = entry.first.Scalar();
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) refuse(entry.first, key, "is there twice");
    if (!known.empty() && std::find(known.begin(), known.end(), key) == known.end()) {
      throw StudyFault{bad_input(source_->place(entry.first.Mark()) + "unknown key '" + dotted(key) + "'" +
                                 did_you_mean(key, known))};
    }
    seen.push_back(key);
  }
}

void Fields::refuse(const YAML::Node& at, const std::string& key, const std::string& message,
                    const std::string& hint) const {
  throw StudyFault{bad_input(source_->place(at.Mark()) + dotted(key) + ": " + message, hint)};
}

YAML::Node Fields::required(const char* key) const {
  const YAML::Node held = node_[key];
  if (!held) refuse(node_, key, "is missing");
  return held;
}

Fields Fields::under(const char* key, const std::vector<std::string>& known) const {
  return Fields(required(key), dotted(key), *source_, known);
}

std::string Fields::text(const char* key, std::optional<std::string> otherwise) const {
  if (!has(key) && otherwise) return *otherwise;
  const YAML::Node held = required(key);
  if (!held.IsScalar()) refuse(held, key, "is a text, not " + shown(held));
  return held.Scalar();
}

double Fields::number(const char* key, std::optional<double> otherwise, double low, double high) const {
  if (!has(key) && otherwise) return *otherwise;
  const YAML::Node held = required(key);
  const std::optional<double> value = held.IsScalar() ? read_number<double>(held.Scalar()) : std::nullopt;
  if (!value || !std::isfinite(*value)) refuse(held, key, "is a number, not " + shown(held));
  if (*value < low || *value > high) {
    refuse(held, key,
           "is " + exact_text(*value) + ", but lies between " + exact_text(low) + " and " + exact_text(high));
  }
  return *value;
}

std::int64_t Fields::whole(const char* key, std::optional<std::int64_t> otherwise, std::int64_t low,
                           std::int64_t high) const {
  if (!has(key) && otherwise) return *otherwise;
  const YAML::Node held = required(key);
  const std::optional<std::int64_t> value =
      held.IsScalar() ? read_number<std::int64_t>(held.Scalar()) : std::nullopt;
  if (!value) refuse(held, key, "is a whole number, not " + shown(held));
  if (*value < low || *value > high) {
    refuse(held, key,
           "is " + std::to_string(*value) + ", but lies between " + std::to_string(low) + " and " +
               std::to_string(high));
  }
  return *value;
}

bool Fields::flag(const char* key, bool otherwise) const {
  if (!has(key)) return otherwise;
  const YAML::Node held = required(key);
  if (!held.IsScalar() || (held.Scalar() != "true" && held.Scalar() != "false"))
    refuse(held, key, "is true or false, not " + shown(held));
  return held.Scalar() == "true";
}

std::optional<Joules> Fields::energy(const char* key) const {
  if (!has(key)) return std::nullopt;
  const YAML::Node held = required(key);
  const Result<Joules> value = parse_energy(text(key));
  if (!value) refuse(held, key, value.error().message, value.error().hint);
  if (*value <= Joules(0)) refuse(held, key, "is " + shown(held) + ", but must be more than nothing");
  return *value;
}

std::optional<Duration> Fields::duration(const char* key) const {
  if (!has(key)) return std::nullopt;
  const YAML::Node held = required(key);
  const Result<Duration> value = parse_duration(text(key));
  if (!value) refuse(held, key, value.error().message, value.error().hint);
  if (*value <= Duration(0)) refuse(held, key, "is " + shown(held) + ", but must be more than nothing");
  return *value;
}

std::string Fields::word(const char* key, std::optional<std::string> otherwise,
                         const std::vector<std::string>& words) const {
  const std::string value = text(key, std::move(otherwise));
  if (std::find(words.begin(), words.end(), value) == words.end()) {
    refuse(required(key), key, "unknown value '" + value + "'" + did_you_mean(value, words));
  }
  return value;
}

}  // namespace frugal
