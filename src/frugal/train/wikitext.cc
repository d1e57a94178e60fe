#include <string_view>
#include <unordered_map>

#include "frugal/train/gzip.h"
#include "frugal/train/images.h"

namespace frugal {
namespace {

constexpr const char* kHint = "unpack wikitext-2-v1.zip so that data_dir/wikitext-2 has wiki.train.tokens";
constexpr std::string_view kEndOfLine = "<eos>";

// Calls `visit` with every word, and with <eos> at the end of every line.
template <class Visit>
void each_word(std::string_view text, const Visit& visit) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '\n') visit(kEndOfLine);
    if (text[at] == '\n' || text[at] == ' ' || text[at] == '\r' || text[at] == '\t') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \n\r\t", at), text.size());
    visit(text.substr(at, end - at));
    at = end;
  }
}

}  // namespace

Result<Text> read_wikitext2(const std::string& data_dir) {
  const std::string base = data_dir + "/wikitext-2/wiki.";
  const Result<std::string> train = read_maybe_gzip(base + "train.tokens", kHint);
  if (!train.ok()) return train.error();
  const Result<std::string> valid = read_maybe_gzip(base + "valid.tokens", kHint);
  if (!valid.ok()) return valid.error();
  Text out;
  std::unordered_map<std::string_view, std::int32_t> numbers;
  each_word(*train, [&](std::string_view word) {
    const auto next = static_cast<std::int32_t>(numbers.size());
    out.train.push_back(numbers.emplace(word, next).first->second);
  });
  const auto unknown = numbers.find("<unk>");
  bool lost = false;
  each_word(*valid, [&](std::string_view word) {
    auto found = numbers.find(word);
    if (found == numbers.end()) found = unknown;
    lost = lost || found == numbers.end();
    if (!lost) out.validation.push_back(found->second);
  });
  if (lost)
    return bad_input(base + "valid.tokens: has words that wiki.train.tokens lacks, and that has no <unk>",
                     kHint);
  out.vocabulary = static_cast<int>(numbers.size());
  if (out.train.empty() || out.validation.empty())
    return bad_input(base + (out.train.empty() ? "train" : "valid") + ".tokens: holds no words", kHint);
  return out;
}

}  // namespace frugal
