// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "lineage/graph.h"
#include "widgets/colormap.h"
#include "widgets/sketch.h"

#include <memory>

namespace helmscope {

/// What an artifact holds, as far as people can look at it. Nothing here knows a window.
struct ArtifactContent
{
    struct Image
    {
        QString name; ///< "Mean", "HAADF (counts)"
        QString unit;
        std::shared_ptr<const Map> map;
        Colormap colormap = Colormap::Gray;
        double pixelSizeNm = 0; ///< of one of its pixels; 0: unknown
    };
    struct Table
    {
        QStringList header;
        std::vector<QStringList> rows; ///< each as long as the header
    };
    std::vector<Image> images;
    QImage picture; ///< of a PNG, JPEG, ...
    std::vector<Sketch> sketches;
    Table table;
    QString text;
    QString sentence; ///< where it comes from, what was left out, or why there is nothing to see

    bool isEmpty() const
    {
        return images.empty() && picture.isNull() && sketches.empty() && table.header.isEmpty() &&
               text.isEmpty();
    }
};

/// Whether it is worth asking: an artifact with a path, or a Metrics with numbers.
bool mayHaveContent(const LineageNode &node);

/// Looks for an artifact by its md5 in the workspace's cache, else at its path in the workspace,
/// else as a piece of a run file, and reads it: images, maps, spectra and values of formats that
/// are known, runs, tables (.csv, .jsonl), JSON, YAML and other text, models. Sizes are bounded; a
/// file that cannot be read or changed since gives a sentence, never an Error, unless stopped.
ArtifactContent readContent(const QString &workspace, const LineageNode &node,
                            const Progress &progress);

/// The most telling part of it in a few pixels, with an opaque ground; null where it has no
/// picture.
QImage thumbnailOf(const ArtifactContent &content, const QSize &pixels, const QPalette &palette);

} // namespace helmscope
