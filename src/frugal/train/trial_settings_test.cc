#include "frugal/train/trial_settings.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

std::string fault(const Point& point) {
  const Result<TrialSettings> settings = settings_from_point(point);
  if (!settings.ok()) return settings.error().message;
  const Status fits = check_batch_size(*settings, 1438);
  return fits.ok() ? "no error" : fits.error().message;
}

TEST(TrialSettings, DefaultsFollowTheOptimizer) {
  const auto plain = settings_from_point({});
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->batch_size, 64);
  EXPECT_EQ(plain->learning_rate, 0.01);
  EXPECT_EQ(plain->momentum, 0.9);
  const auto adam = settings_from_point({{"optimizer", Value(std::string("adam"))}});
  ASSERT_TRUE(adam.ok());
  EXPECT_EQ(adam->learning_rate, 0.001);
  EXPECT_EQ(adam->momentum, 0.0);
}

TEST(TrialSettings, AcceptsWholeNumbersWhereverTheyComeFrom) {
  const auto settings =
      settings_from_point({{"batch_size", Value(32.0)}, {"learning_rate", Value(std::int64_t{1})}});
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->batch_size, 32);
  EXPECT_EQ(settings->learning_rate, 1.0);
}

TEST(TrialSettings, RefusesWithTheNumbers) {
  EXPECT_EQ(fault({{"batch_size", Value(std::int64_t{2000})}}),
            "point: batch_size 2000 is larger than the training set of 1438 samples");
  EXPECT_EQ(fault({{"batch_size", Value(std::int64_t{0})}}),
            "point: batch_size must be a whole number of at least 1, not 0");
  EXPECT_EQ(fault({{"batch_size", Value(2.5)}}),
            "point: batch_size must be a whole number of at least 1, not 2.5");
  EXPECT_EQ(fault({{"batch_size", Value(std::string("64"))}}),
            "point: batch_size must be a whole number of at least 1, not '64'");
  EXPECT_EQ(fault({{"learning_rate", Value(true)}}),
            "point: learning_rate must be a number of at least 0, not true");
  EXPECT_EQ(fault({{"learning_rat", Value(0.1)}}),
            "point: unknown factor 'learning_rat' (did you mean 'learning_rate'?)");
  EXPECT_EQ(fault({{"optimizer", Value(std::string("adamm"))}}),
            "point: unknown optimizer 'adamm' (did you mean 'adam'?)");
  EXPECT_EQ(fault({{"optimizer", Value(std::string("adam"))}, {"momentum", Value(0.9)}}),
            "point: momentum has no effect with optimizer adam");
  EXPECT_EQ(fault({{"momentum", Value(0.0)}, {"nesterov", Value(true)}}),
            "point: nesterov true has no effect with momentum 0");
  EXPECT_EQ(fault({{"nesterov", Value(std::int64_t{1})}}), "point: nesterov must be true or false, not 1");
}

Point words(std::initializer_list<std::pair<std::string, std::string>> pairs) {
  Point point;
  for (const auto& [name, word] : pairs) point.set(name, Value(word));
  return point;
}

TEST(TrialSettings, ReadsTheWordsOfEveryFactor) {
  const auto s = settings_from_point(words({{"optimizer", "nesterov"},
                                            {"schedule", "one-cycle"},
                                            {"preprocessing", "min-max"},
                                            {"augmentation", "flip-crop"},
                                            {"precision", "mixed"},
                                            {"internal", "ptq"},
                                            {"partitioning", "60-20-20"}}));
  ASSERT_TRUE(s.ok()) << s.error().message;
  EXPECT_TRUE(s->nesterov);
  EXPECT_EQ(s->momentum, 0.9);
  EXPECT_EQ(s->schedule, Schedule::OneCycle);
  EXPECT_EQ(s->preprocessing, Preprocessing::MinMax);
  EXPECT_EQ(s->augmentation, Augmentation::FlipCrop);
  EXPECT_EQ(s->precision, Precision::Mixed);
  EXPECT_EQ(s->internal, Internal::Ptq);
  EXPECT_EQ(s->partitioning, (Partitioning{.train = 60, .validation = 20, .test = 20}));
}

TEST(TrialSettings, RefusesFactorsWithoutEffect) {
  Point point = words({{"schedule", "cosine"}});
  point.set("gamma", Value(0.5));
  EXPECT_EQ(fault(point), "point: gamma has no effect with schedule cosine");
  EXPECT_EQ(fault({{"decay_steps", Value(std::int64_t{10})}}),
            "point: decay_steps has no effect with schedule constant");
  Point adam = words({{"optimizer", "adamw"}});
  adam.set("nesterov", Value(true));
  EXPECT_EQ(fault(adam), "point: nesterov has no effect with optimizer adamw");
  EXPECT_EQ(fault(words({{"precision", "float65"}})),
            "point: unknown precision 'float65' (did you mean 'float64'?)");
  EXPECT_EQ(fault({{"dropout", Value(1.0)}}), "point: dropout must be a number from 0 to below 1, not 1");
}

TEST(TrialSettings, SetReplacesAndKeeps) {
  const Point both = merged({{"batch_size", Value(std::int64_t{8})}, {"learning_rate", Value(0.1)}},
                            {{"learning_rate", Value(0.2)}});
  EXPECT_EQ(both.text(), "batch_size=8 learning_rate=0.2");
}

}  // namespace
}  // namespace frugal
