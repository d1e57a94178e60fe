#include "frugal/work/command_template.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

using Words = std::vector<std::string>;

Words filled(std::string_view text, const std::map<std::string, std::string>& values = {}) {
  const Result<CommandTemplate> command = CommandTemplate::parse(text);
  return command ? command->fill(values) : Words{"refused: " + command.error().message};
}

TEST(CommandTemplate, SplitsWordsAsAShellDoes) {
  EXPECT_EQ(filled("  python\ttrain.py \n --fast "), (Words{"python", "train.py", "--fast"}));
  EXPECT_EQ(filled(R"(a "b c" 'd "e"' f\ g "h\"i" '' x"y"'z')"),
            (Words{"a", "b c", "d \"e\"", "f g", "h\"i", "", "xyz"}));
  EXPECT_EQ(filled(R"("back\slash" '\n' a\)"), (Words{R"(back\slash)", R"(\n)", R"(a\)"}));
  EXPECT_EQ(filled("echo $HOME | wc > *"), (Words{"echo", "$HOME", "|", "wc", ">", "*"}));
}

TEST(CommandTemplate, FillsNamesInAfterTheSplitting) {
  const std::map<std::string, std::string> values{{"lr", "0.1"}, {"text", "two 'words'"}, {"empty", ""}};
  EXPECT_EQ(filled("t --lr {lr} --lr={lr}/{lr} {text} {empty}", values),
            (Words{"t", "--lr", "0.1", "--lr=0.1/0.1", "two 'words'", ""}));
  EXPECT_EQ(filled("sh -c 'train {lr} > log' \"{text}\"", values),
            (Words{"sh", "-c", "train 0.1 > log", "two 'words'"}));
  EXPECT_EQ(filled("awk '{{print}}' {lr}", values), (Words{"awk", "{print}", "0.1"}));
}

TEST(CommandTemplate, AWordWithoutItsValueIsLeftOut) {
  EXPECT_EQ(filled("t --momentum={momentum} --lr={lr}", {{"lr", "1"}}), (Words{"t", "--lr=1"}));
}

TEST(CommandTemplate, NamesAreListedOnce) {
  EXPECT_EQ(CommandTemplate::parse("t {b} {a}{b} '{c}'")->names(), (Words{"a", "b", "c"}));
}

TEST(CommandTemplate, RefusesWhatItCannotRead) {
  EXPECT_EQ(filled(" \t "), (Words{"refused: is an empty command"}));
  EXPECT_EQ(filled("a 'b"), (Words{"refused: the quote ' is not closed"}));
  EXPECT_EQ(filled("a \"b"), (Words{"refused: the quote \" is not closed"}));
  EXPECT_EQ(filled("a {b"), (Words{"refused: '{b' is no {name}"}));
  EXPECT_EQ(filled("a {}"), (Words{"refused: '{}' is no {name}"}));
  EXPECT_EQ(filled("a {b c}"), (Words{"refused: '{b c}' is no {name}"}));
  EXPECT_EQ(filled("a b}"), (Words{"refused: '}' is no {name}"}));
  EXPECT_EQ(filled(R"(echo '{"a":1}')"), (Words{R"(refused: '{"a":1}' is no {name})"}));
}

}  // namespace
}  // namespace frugal
