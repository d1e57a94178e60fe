#include "frugal/train/trial_checks.h"

#include "frugal/train/augment.h"

namespace frugal {

std::vector<std::int64_t> shape_numbers(const ImageShape& s) {
  return {s.channels, s.height, s.width, s.classes, s.coarse_classes, s.tokens, s.regression ? 1 : 0};
}

ImageShape shape_of(const std::vector<std::int64_t>& n) {
  const auto small = [&n](std::size_t i) { return static_cast<int>(n[i]); };
  return {.channels = small(0),
          .height = small(1),
          .width = small(2),
          .classes = small(3),
          .coarse_classes = small(4),
          .regression = n[6] != 0,
          .tokens = n[5]};
}

Status check_factors(const TrainerConfig& config, const TrialSettings& s, const ImageShape& shape) {
  if (const auto wrong = cannot_augment(s.augmentation, shape)) return bad_input("point: " + *wrong);
  const bool mixes = s.augmentation == Augmentation::MixUp || s.augmentation == Augmentation::CutMix;
  if (mixes && (config.model == "siamese" || config.model == "forward-forward"))
    return bad_input("point: model " + config.model + " cannot share a record between two labels",
                     "use augmentation none, randaugment or flip-crop");
  const bool own_loss = config.model == "forward-forward";
  if (s.label_smoothing > 0.0 && (shape.regression || own_loss))
    return bad_input("point: label_smoothing has no effect with " +
                         (own_loss ? "model forward-forward" : std::string("a regression")),
                     "drop it");
  if (s.internal == Internal::Jit && own_loss)
    return bad_input("point: internal jit is not for model forward-forward, whose layers learn by themselves",
                     "use internal none");
  if (s.dropout > 0.0 && (config.model == "torchscript" || own_loss))
    return bad_input("point: dropout has no effect with model " + config.model, "drop it");
  if (config.model != "torchscript") return {};
  if (s.precision == Precision::Float64)
    return bad_input("point: precision float64 is not for scripts, which autocast and float32 are",
                     "use float32, float16 or mixed");
  if (s.internal != Internal::None)
    return bad_input("point: internal is not for scripts", "use internal none");
  return {};
}

void describe(const TrainerConfig& config, const ImageShape& shape, WorkerCard& card) {
  Network network(config.model, shape, {.script = config.script});
  WeightPlan& plan = network.plan();
  card.parameters = plan.parameter_count();
  if (config.model == "torchscript" || config.model == "forward-forward") return;
  const at::Tensor flat = at::zeros({plan.parameter_count() + plan.buffer_count()});
  plan.bind(flat);
  card.multiply_adds = count_multiply_adds(network, shape);
}

}  // namespace frugal
