// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/progress.h"
#include "data/array.h"

#include <QDateTime>
#include <QJsonObject>
#include <QString>
#include <QStringList>

namespace helmscope {

/// A small grey picture of a map (PGM, at most 96 x 96): averages, the darkest and brightest
/// percent cut off. The map must not be empty.
QByteArray greyPictureOf(const Map &map);
/// Whether an array is an image that is read at once: two long dimensions, at most 64 MiB, no sum
/// over a cube.
bool isQuickImage(const ArrayInfo &info);

/// What the recordings in a folder and all below it hold, kept so that it is found at once. The
/// recordings are only read; what is known of them lies in a folder of its own. Not shared between
/// threads: each use makes its own.
class Catalog
{
public:
    struct Entry
    {
        QString path; ///< below the folder
        qint64 bytes = 0;
        QDateTime modified;
        QString sha256;       ///< of the whole file, hexadecimal
        QString format;       ///< "HyperSpy"; empty when it could not be read
        QStringList arrays;   ///< "HAADF: 512 × 512 uint16"
        QJsonObject metadata; ///< as Metadata::standard()
        QString problem;      ///< why it could not be read

        QJsonObject toJson() const;
    };
    /// What an update did.
    struct Changes
    {
        int known = 0;       ///< neither size nor time of change differ: not read again
        int read = 0;        ///< new or changed
        int moved = 0;       ///< new by name, known by content
        int gone = 0;        ///< no longer there
        int trouble = 0;     ///< of those read, could not be understood
        bool isWhole = true; ///< false: stopped before the end
    };

    /// Of this folder; `store` is where its index and thumbnails are kept, by default in the user's
    /// cache. Throws Error when there is no such folder.
    explicit Catalog(const QString &folder, const QString &store = {});

    /// Looks through the folder and reads what is new. Stopped, it keeps what it has read so far.
    Changes update(const Progress &progress);

    /// The entries that hold all words of the query somewhere (in path, titles, metadata, whatever
    /// their case) and all its conditions: "sto detector:haadf beamEnergyKev>=200". Empty: all.
    /// At most `most`, by path. Throws Error for a field that there is none of.
    QList<Entry> find(const QString &query, int most = 1000) const;
    int count() const;

    /// A grey picture of at most 96 x 96 (PGM), made while it was read; empty when there is none.
    QString thumbnail(const Entry &entry) const;
    const QString &folder() const { return m_folder; }
    const QString &store() const { return m_store; }

private:
    QString indexFile() const;
    QString searchFile() const;
    QString thumbnailFile(const QString &sha256) const;

    QString m_folder, m_store;
};

} // namespace helmscope
