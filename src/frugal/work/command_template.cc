#include "frugal/work/command_template.h"

#include <set>
#include <utility>

namespace frugal {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

Error brace_error(std::string_view shown) {
  return bad_input("'" + std::string(shown) + "' is no {name}", "write {{ and }} for braces as they are");
}

}  // namespace

Result<CommandTemplate> CommandTemplate::parse(std::string_view text) {
  CommandTemplate command;
  Word word;
  bool begun = false;  // also true within the empty word ''
  char quote = 0;
  const auto literal = [&](char c) {
    if (word.empty() || word.back().name) word.push_back({});
    word.back().text += c;
    begun = true;
  };
  const auto finish = [&] {
    if (begun) command.words_.push_back(std::exchange(word, {}));
    begun = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const bool escapes = quote == 0 ? next != '\0' : quote == '"' && (next == '"' || next == '\\');
    if (c == '\\' && escapes) {
      literal(text[++i]);
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      begun = true;
    } else if (quote == 0 && kBlanks.find(c) != std::string_view::npos) {
      finish();
    } else if ((c == '{' || c == '}') && next == c) {
      literal(text[++i]);
    } else if (c == '{') {
      const std::size_t end = text.find('}', i);
      const std::string_view name = text.substr(i + 1, end == std::string_view::npos ? 0 : end - i - 1);
      if (name.empty() || name.find_first_not_of(kNameLetters) != std::string_view::npos)
        return brace_error(text.substr(i, end == std::string_view::npos ? end : end - i + 1));
      word.push_back({std::string(name), true});
      begun = true;
      i = end;
    } else if (c == '}') {
      return brace_error("}");
    } else {
      literal(c);
    }
  }
  if (quote != 0) return bad_input(std::string("the quote ") + quote + " is not closed");
  finish();
  if (command.words_.empty()) return bad_input("is an empty command");
  return command;
}

std::vector<std::string> CommandTemplate::names() const {
  std::set<std::string> names;
  for (const Word& word : words_) {
    for (const Piece& piece : word) {
      if (piece.name) names.insert(piece.text);
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> CommandTemplate::fill(const std::map<std::string, std::string>& values) const {
  std::vector<std::string> filled;
  for (const Word& word : words_) {
    std::string text;
    bool whole = true;
    for (const Piece& piece : word) {
      const auto value = piece.name ? values.find(piece.text) : values.end();
      whole = whole && (!piece.name || value != values.end());
      if (whole) text += piece.name ? value->second : piece.text;
    }
    if (whole) filled.push_back(std::move(text));
  }
  return filled;
}

}  // namespace frugal
