// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dkl/transfer/modelstart.h"

#include <QJsonObject>
#include <QString>

#include <memory>

namespace helmscope {

/// What models of new samples begin from, and where it comes from.
struct MetaModel
{
    std::shared_ptr<const ModelStart> start;
    /// The model card: name, method, settings, tasks with their hashes, metrics on tasks it was not
    /// trained on, licence, limits.
    QJsonObject card;

    int patch() const; ///< side, image pixels
    /// SHA-256 over numbers and card, hexadecimal: the same training gives the same hash.
    QString hash() const;
};

/// Writes all or nothing (HDF5); throws Error naming the file.
void writeMetaModel(const QString &file, const MetaModel &model);
/// Throws Error naming the file and what is wrong with it: not a meta-model, cut short, damaged.
MetaModel readMetaModel(const QString &file);
bool isMetaModelFile(const QString &file);

/// The card in sentences and lines, for people.
QString cardText(const MetaModel &model);

} // namespace helmscope
