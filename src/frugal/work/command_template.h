// A command line with {names} in it, as a study file holds one. Words are split as a shell splits them:
// blanks part them, quotes and backslashes hold them together. Nothing else of a shell: no variables, pipes
// or wildcards. Names are filled in after the splitting, so that a value never becomes two words.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/result.h"

namespace frugal {

class CommandTemplate {
 public:
  // Refused: no word, a quote that is not closed, a brace that is no {name} ({{ and }} stand for braces).
  static Result<CommandTemplate> parse(std::string_view text);

  // Each name once, in alphabetical order.
  std::vector<std::string> names() const;
  // A word with a name that has no value is left out.
  std::vector<std::string> fill(const std::map<std::string, std::string>& values) const;

 private:
  struct Piece {
    std::string text;  // as it stands, or of the name
    bool name = false;
  };
  using Word = std::vector<Piece>;

  std::vector<Word> words_;
};

}  // namespace frugal
