// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "metalearning/metamodel.h"

namespace helmscope {

/// Writes a meta-model as an RO-Crate 1.1 into `folder`, made if need be: the model itself
/// (meta-model.h5), its card (card.json), for a network the features as TorchScript (features.pt:
/// patches [n, numbers] scaled to 0..1 in, features [n, embedding] before they are scaled to bounds
/// out), and ro-crate-metadata.json that says what they are and what they were learnt from. Returns
/// the files. Throws Error naming what exists already unless `mayOverwrite`.
QStringList writeMetaCrate(const QString &folder, const MetaModel &model, bool mayOverwrite);

} // namespace helmscope
