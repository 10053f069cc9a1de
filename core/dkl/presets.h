// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/deepkernel.h"

#include <span>
#include <string>

namespace helmscope {

/// Settings of the model under a name.
struct Preset
{
    const char *key;  ///< "default"
    const char *name; ///< for people, English: for Tr::tr where it is shown
    const char *help; ///< one sentence, likewise
    DeepKernelSettings settings;
};

/// "default" first: what was found best on scenes and recordings; "network": deep kernel learning
/// tuned for few points; "published": the recipe of the published experiments, to compare with.
std::span<const Preset> presets();
/// Throws Error that lists the keys when there is none like this.
const Preset &presetFromKey(const std::string &key);
/// Key of the preset that differs from `settings` in cycles, kernel and seed at most; else
/// "custom".
std::string presetKeyOf(const DeepKernelSettings &settings);

} // namespace helmscope
