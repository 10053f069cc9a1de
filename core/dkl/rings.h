// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

namespace helmscope {

/// What a patch looks like from its centre, whichever way the sample is turned or mirrored: for
/// each ring of pixels about the centre its mean and the amplitudes of its first and second angular
/// harmonic. The probe does not know how the sample lies on the stage, so neither should the model.
///
/// A patch of side s has s/2 rings (at most 8: wider ones in larger patches) around the pixel in
/// row and column s/2; pixels beyond the last whole ring are left out.
int ringFeatureCount(int side);

/// What lengthscales of the ring features have in common, [ringFeatureCount(side), 6]: those of the
/// means, of the first and of the second harmonics each move together and lean from the inner rings
/// (-1) to the outer (1). Six numbers instead of one a feature: few points cannot tell more.
Eigen::MatrixXd ringProfile(int side);

/// `patches` [n, side * side], row by row -> [n, ringFeatureCount(side)], in the patches' units.
/// Throws Error when the columns are not the square of a side of at least 2.
Eigen::MatrixXd ringFeatures(const Eigen::Ref<const Eigen::MatrixXf> &patches);

} // namespace helmscope
