// Precompiled for every file of this room: libtorch's tensor headers cost some ten seconds a file otherwise.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
