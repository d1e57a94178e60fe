// The built-in models of images and of rows of numbers. Image models have the stem for small images (one 3×3
// convolution, no pooling; He et al. 2016, section 4.2). Sources of the shapes:
//   mlp          two hidden layers of 128
//   lenet        LeCun et al. 1998, with ReLU and maximum pooling
//   mnist-cnn    PyTorch's example "mnist": two 3×3 convolutions without padding, one hidden layer of 128
//   small-cnn    three 3×3 convolutions of 32, 64 and 128 with batch normalisation
//   resnet8, resnet20 (16-32-64, one and three blocks a stage), resnet18, resnet50: He et al. 2016
//   vgg16        Simonyan and Zisserman 2015, with batch normalisation and one linear layer
//   mobilenetv2  Sandler et al. 2018, the first two strides 1
// The others (vit-small, lstm, transformer-lm, siamese, forward-forward) are described in builder.h, scripts
// of PyTorch in script_model.h.
#pragma once

#include <optional>
#include <string>

#include "frugal/train/images.h"
#include "frugal/train/layers.h"
#include "frugal/train/traced_passes.h"

namespace frugal {

struct NetworkOptions {
  bool int8 = false;        // activations can be rounded to 8 bits
  bool traced = false;      // passes run as TorchScript graphs (traced_passes.h)
  std::string script = {};  // file of model torchscript
  at::Device device = at::kCPU;
};

class Network {
 public:
  // `model` is one of the names above; anything else is a defect of the caller and throws, and so does a
  // script that cannot be read.
  Network(const std::string& model, const ImageShape& shape, const NetworkOptions& options = {});

  WeightPlan& plan() { return plan_; }
  // Logits [n, classes] of images [n, c, h, w] in channels-last order. Running statistics move when `train`.
  at::Tensor forward(const at::Tensor& images, bool train);
  // After forward(…, true): sets every parameter's gradient. May write into `grad`.
  void backward(at::Tensor grad);
  // From now on only the head is trained: the rest runs as in evaluation.
  void freeze_backbone();
  bool frozen() const { return frozen_; }
  // The model takes pairs: 2n images, of which i and n + i belong together.
  bool pairs() const { return pairs_; }
  // What the outputs mean.
  const ImageShape& outputs() const { return outputs_; }
  // The graphs of `traced`; null where the layers run, or record themselves (needs_autograd).
  const TracedPasses* traced() const { return traced_.get(); }

 private:
  at::Tensor run_layers(const at::Tensor& images, bool train);
  void run_layers_back(at::Tensor grad);

  WeightPlan plan_;
  Layers layers_;
  ImageShape outputs_;
  std::size_t head_layer_ = 0;
  bool frozen_ = false;
  bool pairs_ = false;
  std::unique_ptr<TracedPasses> traced_;
};

// The model's gradients are found by autograd: it must run outside of inference mode.
bool needs_autograd(const std::string& model);

// Why the model cannot take records of this shape; nothing when it can.
std::optional<std::string> cannot_train(const std::string& model, const ImageShape& shape);

// Multiplications and additions of one record's forward pass, convolutions and matrices alone; of two images
// where the model takes pairs. Counts nothing within a script.
std::int64_t count_multiply_adds(Network& network, const ImageShape& shape);

}  // namespace frugal
